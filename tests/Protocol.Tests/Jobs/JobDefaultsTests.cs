using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Jobs;

/// <summary>Data are enough for a job; what it does not say is chosen, and written out.</summary>
public class JobDefaultsTests
{
    private const string Trees = """{ "tokens": "t", "parents": "p", "labels": "l" }""";
    private const string Pairs = """{ "tokensA": "a", "parentsA": "b", "tokensB": "c", "parentsB": "d", "scores": "s" }""";

    public static TheoryData<string, ModelSpec, OptimizerSpec, int, int> Data => new()
    {
        { """{ "format": "labelled-lines", "train": "a" }""", new TextCnnSpec { Channels = ChannelMode.Rand }, new AdadeltaSpec { Untouched = UntouchedRows.Exact }, 10, 50 },
        { """{ "format": "dotnet-docs" }""", new TextCnnSpec { Channels = ChannelMode.Rand }, new AdadeltaSpec { Untouched = UntouchedRows.Exact }, 10, 50 },
        { """{ "format": "conll", "train": "a" }""", new TaggerSpec(), new AdamSpec(), 30, 50 },
        { """{ "format": "dependencies", "train": ["a"] }""", new ParserSpec(), new AdaGradSpec(), 10, 50 },
        { """{ "format": "trees", "train": "a" }""", new TreeLstmSpec(), new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, 10, 50 },
        { $$"""{ "format": "parent-trees", "train": {{Trees}} }""", new TreeLstmSpec { Composition = TreeComposition.ChildSum }, new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, 10, 50 },
        { $$"""{ "format": "parent-trees", "train": {{Trees}}, "words": "leaves" }""", new TreeLstmSpec(), new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, 10, 50 },
        { $$"""{ "format": "tree-pairs", "train": {{Pairs}} }""", new TreeLstmPairsSpec(), new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, 10, 50 },
        { """{ "format": "plain-text", "files": ["a"] }""", new SkipGramSpec(), new SgdSpec { LearningRate = 0.025, Schedule = new LinearSchedule { Floor = 1e-4 } }, 5, 1000 },
    };

    [Theory]
    [MemberData(nameof(Data))]
    public void Data_alone_make_a_job_with_a_model_that_fits_them(string data, ModelSpec model, OptimizerSpec optimizer, int epochs, int batch)
    {
        JobFile job = JobFile.Parse($$"""{ "data": {{data}} }""", "folder/my reviews.v2.json");
        JobSpec spec = job.Stages.Single().Spec;

        Assert.Equal("my-reviews.v2", job.Name);
        // Lists of a record are equal by reference, so its text is compared.
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(model, JobJson.OneLine), System.Text.Json.JsonSerializer.Serialize(spec.Model, JobJson.OneLine));
        Assert.Equal(optimizer, spec.OptimizerOf(model.Groups[^1]));
        Assert.Equal((epochs, batch, 100), (spec.Training.Epochs!.Value, spec.Training.Batch, spec.Vectors.Dimension!.Value));
        Assert.Equal(job.ToJson(), JobTexts.Parse(job.ToJson()).ToJson());
    }

    public static TheoryData<string, OptimizerSpec> Kinds => new()
    {
        { "text-cnn", new AdadeltaSpec { Untouched = UntouchedRows.Exact } },
        { "bag", new AdamSpec() },
        { "lstm", new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 } },
        { "cbow", new SgdSpec { LearningRate = 0.05, Schedule = new LinearSchedule { Floor = 1e-4 } } },
        { "glove", new AdaGradSpec { LearningRate = 0.5, InitialAccumulator = 25 } },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_model_that_is_given_has_the_optimizer_of_its_paper(string kind, OptimizerSpec optimizer)
    {
        string data = kind is "cbow" or "glove" ? """{ "format": "plain-text", "files": ["a"] }""" : """{ "format": "labelled-lines", "train": "a" }""";
        Assert.Equal(optimizer, JobTexts.Parse($$"""{ "data": {{data}}, "model": { "kind": "{{kind}}" } }""").Stages.Single().Spec.OptimizerOf("embedding"));
    }

    [Fact]
    public void What_is_given_stays()
    {
        JobSpec spec = JobTexts.Parse("""{ "data": { "format": "labelled-lines", "train": "a" }, "vectors": { "file": "v" }, "training": { "steps": 7 } }""").Stages.Single().Spec;
        Assert.Equal((ChannelMode.NonStatic, null, 7, null), (((TextCnnSpec)spec.Model).Channels, spec.Training.Epochs, spec.Training.Steps, spec.Vectors.Dimension));
        Assert.Equal(["embedding", "default"], JobTexts.Parse(JobTexts.Cnn.Replace("\"default\"", "\"embedding\"")).Stages.Single().Spec.Optimizers.Keys);
        // An optimizer that no group needs is no default: it would change the fingerprints of jobs that name each group's.
        string each = JobTexts.Cnn.Replace("\"text-cnn\"", "\"bag\"").Replace("\"default\": { \"kind\": \"adadelta\" }", "\"embedding\": { \"kind\": \"sgd\" }, \"output\": { \"kind\": \"sgd\" }");
        Assert.Equal(["embedding", "output"], JobTexts.Parse(each).Stages.Single().Spec.Optimizers.Keys);
    }

    [Fact]
    public void A_stage_has_the_defaults_of_its_own_data()
    {
        JobFile job = JobTexts.Parse("""
            { "stages": [
              { "name": "words", "data": { "format": "plain-text", "files": ["a"] } },
              { "name": "classes", "data": { "format": "labelled-lines", "train": "b" }, "vectors": { "file": "stage:words" } }
            ] }
            """);
        Assert.Equal("job", job.Name);
        Assert.Equal([typeof(SkipGramSpec), typeof(TextCnnSpec)], job.Stages.Select(stage => stage.Spec.Model.GetType()));
        Assert.Equal([100, null], job.Stages.Select(stage => stage.Spec.Vectors.Dimension));
    }

    [Fact]
    public void A_model_that_cannot_be_read_is_told_once_and_not_replaced()
    {
        InputError error = Assert.Single(JobTexts.Errors("""{ "data": { "format": "labelled-lines", "train": "a" }, "model": { "kind": "word2vec" } }"""));
        Assert.Contains("Did you mean `skip-gram`? Known values: text-cnn, bag", error.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Adams_rate_is_that_of_its_paper_wherever_none_is_given() =>
        Assert.Equal([0.001, 0.001, 0.01, 1], new OptimizerSpec[] { new AdamSpec(), new AdamWSpec(), new SgdSpec(), new AdadeltaSpec() }.Select(spec => spec.LearningRate));

    [Fact]
    public void Paths_start_from_the_job_files_folder_and_a_root_of_the_command_line_from_the_current_one()
    {
        using var folder = new TempFolder();
        folder.Write("job.json", """{ "data": { "format": "labelled-lines", "train": "train.txt" } }""");
        string path = folder.In("job.json");
        string relative = Path.GetRelativePath(".", path);

        Assert.Equal([folder.Path, folder.Path], new[] { path, relative }.Select(file => JobFile.Load(file).Stages.Single().Spec.Data.Root));
        Assert.Equal(folder.In("train.txt"), JobFile.Load(relative).Stages.Single().Spec.Data.PathOf("train.txt"));
        Assert.Equal(Path.GetFullPath("data"), JobFile.Load(path, ["data.root=data"]).Stages.Single().Spec.Data.Root);
        folder.Write("job.json", """{ "data": { "format": "labelled-lines", "train": "train.txt", "root": "../data", "vocabulary": "train" } }""");
        Assert.Equal(Path.GetFullPath(folder.In("../data")), JobFile.Load(path).Stages.Single().Spec.Data.Root);
        // A stored job is read as it is, wherever it lies.
        Assert.Equal("../data", JobFile.LoadStored(path).Stages.Single().Spec.Data.Root);
        Assert.Equal(JobFile.Load(path).Fingerprint, JobFile.LoadStored(path).Fingerprint);
    }

    [Theory]
    [InlineData("data.root=x", true)]
    [InlineData("stages.a.data.root = x", true)]
    [InlineData("data.train=x", false)]
    [InlineData("data.root=\"x\"", false)]
    [InlineData("data.root=null", false)]
    [InlineData("data.root", false)]
    public void A_root_of_the_command_line_is_made_full_where_the_command_is_repeated_elsewhere(string setting, bool changes) =>
        Assert.Equal(changes ? $"{setting.Split('=')[0].Trim()}={Path.GetFullPath("x")}" : setting, JobOrigin.WithFullRoot([setting]).Single());

    [Theory]
    [InlineData("a/b.json", "b")]
    [InlineData("über uns.json", "ber-uns")]
    [InlineData(".json", "job")]
    [InlineData("...", "job")]
    [InlineData("-", "job")]
    [InlineData("日本.json", "job")]
    public void A_job_is_named_after_its_file(string path, string name) => Assert.Equal(name, JobOrigin.OfFile(path).Name);
}
