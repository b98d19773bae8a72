using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Testing.ToyData;

namespace DistEmbed.Coordinator.Tests.Local;

/// <summary>A folder with a small labelled set and vectors, and sweeps of a small classifier on it.</summary>
internal sealed class ToySweep : IDisposable
{
    private readonly TempFolder _folder = new();

    public ToySweep()
    {
        var sentences = ToySentences.OfWeather(seed: 23);
        foreach ((string name, int count) in new[] { ("train.txt", 80), ("dev.txt", 20), ("test.txt", 20) })
        {
            var lines = new string[count];
            for (int i = 0; i < count; i++)
                lines[i] = $"{(i % 2 == 0 ? "good" : "bad")} {string.Join(' ', sentences.Draw(i % 2, words: 5, ownOneIn: 3))}";
            _folder.WriteLines(name, lines);
        }

        _folder.WriteLines("vectors.txt", ToyVectors.Lines(sentences.Words, i => [i / 10.0, (9 - i) / 10.0, -i / 10.0, 0.1]));
    }

    public string Root => _folder.Path;

    public string Job => $$"""
        {
          "name": "toy",
          "data": { "format": "labelled-lines", "root": "{{Root}}", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
          "vectors": { "file": "vectors.txt" },
          "model": { "kind": "text-cnn", "windows": [2], "maps": 3 },
          "optimizers": { "default": { "kind": "adadelta", "learningRate": 1 } },
          "training": { "batch": 10, "epochs": 2 },
          "report": { "tensorBoard": false }
        }
        """;

    public string In(params string[] parts) => _folder.In(parts);

    public SweepPlan Plan(string[] vary, ulong[] seeds, params string[] settings) => SweepPlan.Of(Job, "toy.json", settings, Variation.ParseAll(vary), seeds);

    /// <summary>Starts a sweep in a directory of the folder.</summary>
    public Task<SweepEnd> StartAsync(SweepPlan plan, string name, Watcher? watcher = null) =>
        new Sweep(plan, null, () => SweepDirectory.CreateAt(In(name), plan.Manifest), [], watcher ??= new Watcher()).RunAsync(watcher.Stop.Token);

    /// <summary>Goes on with one.</summary>
    public Task<SweepEnd> GoOnAsync(string name, Watcher watcher, ulong[]? seeds = null)
    {
        SweepDirectory begun = SweepDirectory.Open(In(name));
        return new Sweep(SweepPlan.GoOn(begun.Manifest, "sweep.json", [], seeds), begun, () => throw new InvalidOperationException("it is there"), [], watcher).RunAsync(watcher.Stop.Token);
    }

    /// <summary>The table, as people see it.</summary>
    public string Table(string name)
    {
        ComparedRuns compared = ComparedRuns.OfSweep(SweepDirectory.Open(In(name)), []);
        using var written = new StringWriter();
        ComparisonTable.Write(RunComparison.Of(compared.Runs), compared, written);
        return written.ToString();
    }

    /// <summary>Table hash of every run that has a result, by the name of its directory.</summary>
    public SortedDictionary<string, string> Hashes(string name) => new(
        Directory.GetDirectories(In(name)).Where(run => File.Exists(Path.Combine(run, "result.json")))
            .ToDictionary(run => Path.GetFileName(run), run => RunResult.Read(Path.Combine(run, "result.json")).TableHash), StringComparer.Ordinal);

    public void Dispose() => _folder.Dispose();

    /// <summary>Notes what a sweep tells, and stops it on request.</summary>
    internal sealed class Watcher : ISweepReport, IJobReport
    {
        private string _run = "";

        public CancellationTokenSource Stop { get; } = new();

        /// <summary>Stops the sweep when this step of this run has settled.</summary>
        public (string Run, int Step)? StopAt { get; init; }

        public List<string> Told { get; } = [];

        /// <summary>The data that each run was given.</summary>
        public Dictionary<string, PreparedStage> Prepared { get; } = [];

        public void OnBegun(SweepDirectory directory, int ended) => Told.Add($"begun, {ended} ended");

        public IJobReport OnRun(SweepRun run)
        {
            _run = run.Directory;
            return this;
        }

        public void OnRunEnded(SweepRun run, RunResult result) => Told.Add($"{run.Directory} {result.Status}");

        public void OnRunFailed(SweepRun run, string reason) => Told.Add($"{run.Directory} failed: {reason}");

        public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
        {
            Prepared[_run] = prepared;
            if (resumedStep is not null)
                Told.Add($"{_run} goes on");
        }

        public void OnEvent(RunEvent happened)
        {
            if (happened is RunEvent.Settled settled && StopAt is { } at && at.Run == _run && settled.Step.Step == at.Step)
                Stop.Cancel();
        }

        public void OnStageEnded(JobStage stage, RunResult result)
        {
        }

        public void OnWarning(string what) => Assert.Fail(what);
    }
}
