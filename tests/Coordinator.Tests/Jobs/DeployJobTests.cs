using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using Xunit.Abstractions;

namespace DistEmbed.Coordinator.Tests.Jobs;

/// <summary>The job files that are shipped: each loads, and each whose data are there trains.</summary>
public sealed class DeployJobTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 3;

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Jobs, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    private static string Jobs => Path.Combine(AppContext.BaseDirectory, "jobs");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_job_file_loads_and_is_called_as_its_job(string name) => Assert.Equal(name, JobFile.Load(PathOf(name)).Name);

    /// <summary>Those of one kind differ in numbers: one of each is enough by default.</summary>
    public static TheoryData<string> TrainedNames => TestScope.Of(Names, ["own-data", "trec", "cbow-wiki"]);

    [Theory]
    [MemberData(nameof(TrainedNames))]
    public async Task A_job_whose_data_are_there_trains_a_few_steps(string name)
    {
        if (RootOf(name) is not { } root)
        {
            output.WriteLine($"{name} was not run: its data are not there; {SharedData.Variable} names their folder.");
            return;
        }

        JobFile job = Shortened(name, root);
        RunResult result = await new TrainingJob(job, RunDirectory.CreateAt(_folder.In("run")), new Silent()).RunAsync(resume: false, null, CancellationToken.None);

        Assert.All(result.Stages?.Values ?? [result], stage => Assert.Equal((RunStatus.Done, Steps), (stage.Status, stage.Steps)));
        Assert.All(job.Stages, stage => Assert.True(!stage.Spec.Model.NeedsLabels || ResultOf(result, stage).Test is not null));
        foreach (JobStage stage in job.Stages.Where(stage => stage.Spec.Vectors.File is not null))
            Assert.True(ResultOf(result, stage).Vectors is { Found: > 0 });
    }

    [Theory]
    [InlineData("vectors/none.txt", "There is no file")]
    [InlineData("vectors", "is a folder")]
    public async Task Vectors_are_looked_for_below_the_data_root(string file, string expected)
    {
        OwnData();
        _folder.MakeFolder("vectors");
        var job = JobFile.Load(PathOf("own-data"), [$"data.root={_folder.Path}", $"vectors.file={file}"]);

        InputError error = Assert.Single((await Assert.ThrowsAsync<InvalidInputException>(() =>
            new TrainingJob(job, RunDirectory.CreateAt(_folder.In("run")), new Silent()).RunAsync(resume: false, null, CancellationToken.None))).Errors);

        Assert.Equal("vectors.file", error.Where);
        Assert.Contains(_folder.In(file), error.What);
        Assert.Contains(expected, error.What);
        Assert.Contains($"starts from data.root, which is '{_folder.Path}'", error.Fix);
    }

    [Fact]
    public void The_four_variants_of_Kim_differ_in_channels_and_vectors_alone()
    {
        JobSpec[] variants = [.. new[] { "rand", "static", "nonstatic", "multichannel" }.Select(variant => JobFile.Load(PathOf($"kim-sst2-{variant}")).Stages[0].Spec)];

        Assert.Equal(
            [ChannelMode.Rand, ChannelMode.Static, ChannelMode.NonStatic, ChannelMode.Multichannel],
            variants.Select(spec => ((TextCnnSpec)spec.Model).Channels));
        foreach (JobSpec spec in variants.Skip(1))
            Assert.All(JobFingerprint.Differences(variants[0], spec), line => Assert.Matches("^(model\\.channels|vectors\\.(file|dimension)):", line));
    }

    private static string PathOf(string name) => Path.Combine(Jobs, $"{name}.json");

    private static RunResult ResultOf(RunResult result, JobStage stage) => result.Stages?[stage.Name] ?? result;

    private string? RootOf(string name) => name switch
    {
        "quickstart" => _folder.Path,
        "own-data" => OwnData(),
        _ => SharedData.TryFind("vectors/glove.6B.100d.subset.txt.gz", out _) ? SharedData.Root : null,
    };

    private string OwnData()
    {
        string[] good = ["a good film", "good and warm", "warm , clever and good"], bad = ["a bad film", "bad and dull", "dull , long and bad"];
        _folder.WriteLines("train.txt", Enumerable.Range(0, 60).SelectMany(i => new[] { $"pos {good[i % 3]}", $"neg {bad[i % 3]}" }));
        _folder.WriteLines("vectors.txt", ["good 1 0.5 -0.25", "bad -1 0.5 0.25", "film 0 0.125 1"]);
        return _folder.Path;
    }

    // Every stage for a few steps, thawing within them; the big corpus by its small sister.
    private static JobFile Shortened(string name, string root)
    {
        var settings = new List<string> { $"data.root={root}" };
        if (name is "cbow-wiki" or "skip-gram-wiki" or "glove-wiki")
            settings.Add("data.files=[\"corpus/wiki-en-2014.small.txt.gz\"]");
        var whole = JobFile.Load(PathOf(name));
        foreach (JobStage stage in whole.Stages)
        {
            string at = whole.IsOneStage ? "" : $"stages.{stage.Name}.";
            settings.AddRange([$"{at}training.epochs=null", $"{at}training.steps={Steps}"]);
            if (stage.Spec.Phases.Count > 1)
                settings.AddRange([$"{at}phases.0.until.epoch=null", $"{at}phases.0.until.step=1"]);
            if (stage.Spec.Freeze.Count > 0)
                settings.Add($"{at}freeze=[{{\"group\":\"embedding\",\"untilStep\":2,\"warmupSteps\":2}}]");
        }

        return JobFile.Load(PathOf(name), settings);
    }

    private sealed class Silent : IJobReport
    {
        public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
        {
        }

        public void OnEvent(RunEvent happened)
        {
        }

        public void OnStageEnded(JobStage stage, RunResult result)
        {
        }

        public void OnWarning(string what) => Assert.Fail(what);
    }
}
