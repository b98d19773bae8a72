using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Local;

public class VariantNamesTests
{
    [Fact]
    public void A_number_keeps_its_sign() => Assert.Equal(["-1", "1", "-0.5"], Values("-1", "1", "-0.5"));

    [Fact]
    public void Values_that_would_be_called_alike_are_numbered() =>
        Assert.Equal(["a-b-1", "A-b-2", "c", "4", "a-b-5"], Values("a/b", "A b", "c", "..", "\"a:b\""));

    [Fact]
    public void Long_values_are_cut_and_numbered_where_they_begin_alike()
    {
        string forty = new('x', 40);
        Assert.Equal([forty + "-1", forty + "-2", "y"], Values(forty + "1", forty + "2", "y"));
    }

    [Fact]
    public void A_setting_is_called_by_its_last_key_where_that_says_which() => Assert.Equal(
        ["stages.a.training.epochs", "stages.b.training.epochs", "batch", "seed"],
        VariantNames.Settings(["stages.a.training.epochs", "stages.b.training.epochs", "training.batch", "seed"]));

    [Fact]
    public void A_word_names_a_variant_alone_and_a_number_with_its_setting() => Assert.Equal(
        ["static", "maps=20", "drift=true", "range=-1", "file="],
        [
            VariantNames.OfOneSetting("channels", "static"), VariantNames.OfOneSetting("maps", "20"), VariantNames.OfOneSetting("drift", "true"),
            VariantNames.OfOneSetting("range", "-1"), VariantNames.OfOneSetting("file", ""),
        ]);

    private static IReadOnlyList<string> Values(params string[] values) => VariantNames.Values(new Variation("data.train", values));
}
