using System.Diagnostics;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Benchmarks;

/// <summary>
/// The whole path in one process, as a job takes it: <see cref="LocalCluster"/> with its actors, messages and stores. Blocks of steps are let through one by
/// one, so that runs can take turns; between blocks nothing moves.
/// </summary>
internal sealed class ClusterRun : IContestant, IAsyncDisposable
{
    // The first steps of a block find nothing prepared ahead.
    private const int Unsteady = 3;

    private readonly Gate _gate;
    private readonly Task<RunOutcome> _run;
    private readonly string _directory = Directory.CreateTempSubdirectory("distembed-benchmark-").FullName;
    private readonly Lock _settledGate = new();
    private readonly List<(long At, SettledStep Step)> _settled = [];
    private readonly SemaphoreSlim _blockEnd = new(0);
    private int _granted;

    public ClusterRun(
        string name, int workers, int shards, int slices, OptimizerSpec optimizer, ExampleSet data, IBatchPlan batches, Func<IEmbeddingModel> model,
        IReadOnlyList<SeedRows> seeds, int totalSteps, WordVocabulary? vocabulary = null, Func<string, GroupTimeline>? timelines = null, Func<TableSpec, RowRules?>? rows = null)
    {
        Name = name;
        _gate = new Gate(batches);
        var job = new JobSpec
        {
            Name = "benchmark",
            Data = new PlainTextData { Files = ["none"] },
            Model = new TextCnnSpec(),
            Training = new TrainingSpec { Batch = 50, Slices = slices, Steps = totalSteps + 1 },
            Cluster = new ClusterSpec { Workers = workers, Shards = shards },
        };
        using IEmbeddingModel shape = model();
        var plan = new RunPlan
        {
            Job = job,
            Fingerprint = "benchmark",
            StepsPerEpoch = batches.StepsPerEpoch,
            TotalSteps = totalSteps + 1, // one to spare: the checkpoint of the end is no part of a measurement
            DevExamples = 0,
            TestExamples = 0,
            Measures = MeasureSet.Accuracy,
            Tables = TablePlan.Of(shape.Tables, timelines ?? (group => new GroupTimeline(group, optimizer, totalSteps)), _ => optimizer, totalSteps, rows),
        };
        var prepared = new PreparedData(vocabulary ?? new WordVocabulary([], []), ["0", "1"], data, null, null, []);
        _run = LocalCluster.RunAsync(plan, prepared, _gate, model, seeds, new CheckpointDirectory(_directory), Watch, CancellationToken.None);
    }

    public string Name { get; }

    public Block Run(int steps)
    {
        int first = _granted;
        _granted += steps;
        lock (_settledGate)
            _settled.Clear();
        long allocated = GC.GetTotalAllocatedBytes();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        _gate.Open(_granted);
        while (!_blockEnd.Wait(100))
        {
            if (_run.IsCompleted && Settled < _granted)
                _run.GetAwaiter().GetResult();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        lock (_settledGate)
        {
            if (_settled.Count != steps || _settled[0].Step.Step != first + 1)
                throw new InvalidOperationException($"{Name}: {_settled.Count} steps settled of {steps}");
            // From one settled step to the next: the time that a step adds to a run.
            var times = new List<double>();
            for (int i = Math.Min(Unsteady, steps - 1); i < steps; i++)
                times.Add(i == 0 ? seconds : Stopwatch.GetElapsedTime(_settled[i - 1].At, _settled[i].At).TotalSeconds);
            return new Block(
                new Samples(times).Median, seconds, steps, _settled.Sum(s => s.Step.Examples), _settled.Sum(s => s.Step.Words), cpuSeconds, allocated);
        }
    }

    /// <summary>Ends the run where it stands, and without the checkpoint of a run's end: that would write the whole table.</summary>
    public async Task EndAsync()
    {
        // A path that is no folder any more fails the checkpoint, and with it the run, which then gives its memory back.
        Directory.Delete(_directory, recursive: true);
        await File.WriteAllBytesAsync(_directory, []).ConfigureAwait(false);
        _gate.Open(int.MaxValue);
        try
        {
            await _run.ConfigureAwait(false);
        }
        catch (RunFailedException)
        {
            // as meant
        }

        File.Delete(_directory);
    }

    /// <summary>Ends the run, which must have done all its steps, with its final checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        _gate.Open(int.MaxValue);
        await _run.ConfigureAwait(false);
        Directory.Delete(_directory, recursive: true);
    }

    private int Settled
    {
        get
        {
            lock (_settledGate)
                return _settled.Count == 0 ? 0 : _settled[^1].Step.Step;
        }
    }

    private void Watch(RunEvent happened)
    {
        if (happened is not RunEvent.Settled settled)
            return;
        long now = Stopwatch.GetTimestamp();
        lock (_settledGate)
            _settled.Add((now, settled.Step));
        if (settled.Step.Step == _granted)
            _blockEnd.Release();
    }

    /// <summary>Batches that wait until their step may begin: a slice that is not prepared is not pulled.</summary>
    private sealed class Gate(IBatchPlan batches) : IBatchPlan
    {
        private readonly object _changed = new();
        private int _open;

        public int StepsPerEpoch => batches.StepsPerEpoch;

        public int Slices => batches.Slices;

        public int BatchSize(int step) => batches.BatchSize(step);

        public void Open(int step)
        {
            lock (_changed)
            {
                _open = step;
                Monitor.PulseAll(_changed);
            }
        }

        public ReadOnlyMemory<int> Examples(int step, int slice)
        {
            lock (_changed)
            {
                while (step > _open)
                    Monitor.Wait(_changed);
            }

            return batches.Examples(step, slice);
        }
    }
}
