using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class VariationTests
{
    [Fact]
    public void Values_are_split_at_commas_or_are_the_elements_of_a_json_array()
    {
        IReadOnlyList<Variation> variations = Variation.ParseAll(
        [
            " model.channels = static, non-static", "training.epochs=10,20", "model.windows=[[3, 4,5],[2]]", """optimizers.default=[{"kind":"sgd","learningRate":1},{ "kind": "adam" }]""",
            """name=["a,b","c"]""", """data.test="",x""",
        ]);

        Assert.Equal(["model.channels", "training.epochs", "model.windows", "optimizers.default", "name", "data.test"], variations.Select(v => v.Path));
        Assert.Equal(
            ["static|non-static", "10|20", "[3,4,5]|[2]", """{"kind":"sgd","learningRate":1}|{"kind":"adam"}""", """
            "a,b"|"c"
            """, """
            ""|x
            """],
            variations.Select(v => string.Join('|', v.Values)));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => Variation.ParseAll(
            ["model.maps", "a..b=1,2", "seed=1,2", "stages.x.seed=1,2", "a=1,2", "a=3,4", "b=1", "c=1,,2", "d=1,2,1", "e=[1,", "f={\"kind\":\"sgd\",\"x\":1}"]));
        Assert.Equal(
            ["--vary", "--vary", "--vary seed", "--vary stages.x.seed", "--vary a", "--vary b", "--vary c", "--vary d", "--vary e", "--vary f"],
            refused.Errors.Select(e => e.Where));
        Assert.Equal(
            ["`model.maps` is no variation.", "`a..b=1,2` is no variation.", "seeds are what results are paired by, so they do not vary like a setting.",
                "seeds are what results are paired by, so they do not vary like a setting.", "is given twice.", "has one value, so nothing varies.", "has an empty value.",
                "has the value 1 twice.", "`[1,` is no list of values.", """`{"kind":"sgd","x":1}` is no list of values."""],
            refused.Errors.Select(e => e.What));
    }

    [Fact]
    public void Errors_of_further_settings_name_the_option_that_gave_them()
    {
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => JobFile.Parse(
            """{ "name": "x", "data": { "format": "labelled-lines", "train": "t" }, "model": { "kind": "bag" }, "vectors": { "dimension": 3 }, "optimizers": { "default": { "kind": "sgd", "learningRate": 1 } }, "training": { "epochs": 1 } }""",
            "job.json", ["training.bach=1"], [new JobSetting("training.epochs=x", "--vary"), new JobSetting("seed=y", "--seeds")]));
        Assert.Equal(["--set training.bach", "--vary training.epochs", "--seeds seed"], refused.Errors.Select(e => e.Where));
    }
}
