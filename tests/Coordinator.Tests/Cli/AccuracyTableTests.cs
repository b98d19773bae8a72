using System.Globalization;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

public sealed class AccuracyTableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stages_with_the_same_test_examples_are_compared_one_by_one()
    {
        string[] words = ["good", "warm", "bad", "dull"];
        string[] Examples(int count) => [.. Enumerable.Range(0, count).Select(i => $"{(i % 4 < 2 ? "pos" : "neg")} a {words[i % 4]} film of {i % 7} acts")];
        _folder.WriteLines("train.txt", Examples(40));
        _folder.WriteLines("test.txt", Examples(30));
        var job = JobFile.Parse("""
            {
              "name": "two",
              "data": { "format": "labelled-lines", "train": "train.txt", "test": "test.txt" },
              "vectors": { "dimension": 4 },
              "model": { "kind": "bag" },
              "optimizers": { "default": { "kind": "adam", "learningRate": 0.1 } },
              "training": { "batch": 10, "steps": 20 },
              "stages": [{ "name": "short", "training": { "steps": 1 } }, { "name": "long" }]
            }
            """, "two.json", [$"data.root={_folder.Path}"]);
        var run = RunDirectory.CreateAt(_folder.In("run"));
        var ended = new Recorder();
        await new TrainingJob(job, run, ended).RunAsync(resume: false, null, CancellationToken.None);

        string[] lines = [.. AccuracyTable.Lines(ended.Stages, run.Path)];

        double[] accuracies = [.. ended.Stages.Select(stage => 100 * stage.Result.Test!.Main)];
        Assert.NotEqual(accuracies[0], accuracies[1]);
        Assert.Equal(5, lines.Length);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{accuracies[1],5:F1} % ± "), lines[3]);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"  long against short: {accuracies[1] - accuracies[0]:+0.0;-0.0} ± "), lines[4], StringComparison.Ordinal);
        Assert.Contains("on the same 30 examples", lines[4]);
        Assert.Equal(4, AccuracyTable.Lines([ended.Stages[0] with { Data = null }, ended.Stages[1]], run.Path).Count());
        Assert.Empty(AccuracyTable.Lines([ended.Stages[0]], run.Path));
    }

    private sealed class Recorder : IJobReport
    {
        private PreparedStage? _prepared;

        public List<AccuracyTable.Tested> Stages { get; } = [];

        public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep) => _prepared = prepared;

        public void OnEvent(RunEvent happened)
        {
        }

        public void OnWarning(string what) => Assert.Fail(what);

        public void OnStageEnded(JobStage stage, RunResult result) => Stages.Add(new AccuracyTable.Tested(stage.Name, result, result.Test!, _prepared));
    }
}
