using System.Diagnostics;
using Akka.Actor;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Rows;

namespace DistEmbed.Benchmarks;

/// <summary>Workers of a run on the row plane, each with its own connection, that pull and push for a model that computes nothing.</summary>
internal sealed class RowPlaneRun : IContestant, IDisposable
{
    private readonly RowPlaneCase _case;
    private readonly RowPlaneServer _server;
    private readonly bool _local;
    private readonly ActorSystem _system = ActorSystem.Create("workers", "akka.loglevel = WARNING");
    private readonly List<RowPlaneClient> _clients = [];
    private readonly IActorRef _coordinator;
    private readonly TaskCompletionSource<string> _failed = new();
    private readonly SemaphoreSlim _blockEnd = new(0);
    private int _granted;

    public RowPlaneRun(RowPlaneCase @case, RowPlaneServer server, bool local)
    {
        (_case, _server, _local) = (@case, server, local);
        ShardMap map = ShardMap.Even(@case.Shards);
        var run = new RunDescription(
            RunName, "", "", @case.Tables, 1, 1_000_000, @case.Dimension, null, "", null, [], map.Epoch, [.. Enumerable.Range(0, @case.Shards).Select(shard => new ShardPlace(shard, "server", server.RowAddress))]);
        var workers = new List<IActorRef>();
        _coordinator = _system.ActorOf(Akka.Actor.Props.Create(() => new Coordinator(this, workers)));
        var data = new PreparedData(new WordVocabulary([], []), [], new ExampleSet([0], [], []), null, null, []);
        for (int worker = 0; worker < @case.Workers; worker++)
        {
            string name = $"worker-{worker}";
            var client = new RowPlaneClient(_system, run, name, RowPlaneServer.Options(name, local));
            var context = new WorkerContext(new NoModel(@case), data, new NoBatches(@case.Slices), @case.Plans(), map, 1, new TaskCompletionSource())
            {
                Training = @case.Training,
                CacheBytes = 0,
                OwnsPushes = true,
            };
            IActorRef actor = _system.ActorOf(WorkerActor.Props(name, context, client.Shards, _coordinator), name);
            workers.Add(actor);
            _clients.Add(client);
            client.Start(actor);
        }
    }

    public string Name => _local ? "row plane" : "row plane over TCP";

    private string RunName => RowPlaneServer.RunName(_case, _local);

    public Block Run(int steps)
    {
        int first = _granted + 1;
        _granted += steps;
        long allocated = GC.GetTotalAllocatedBytes();
        TimeSpan cpu = _server.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        _coordinator.Tell(new Steps(first, _granted));
        while (!_blockEnd.Wait(1000))
        {
            if (_failed.Task.IsCompleted)
                throw new InvalidOperationException(_failed.Task.Result);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Block(
            seconds / steps, seconds, steps, 0, 0, (_server.ProcessorTime - cpu).TotalSeconds, GC.GetTotalAllocatedBytes() - allocated);
    }

    public void Dispose()
    {
        foreach (RowPlaneClient client in _clients)
            client.Dispose();
        _server.End(RunName);
        _system.Terminate().Wait(TimeSpan.FromSeconds(10));
        _system.Dispose();
        _blockEnd.Dispose();
    }

    private sealed record Steps(int First, int Last);

    private sealed class Coordinator(RowPlaneRun run, List<IActorRef> workers) : UntypedActor
    {
        private readonly Dictionary<int, int> _missing = [];

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Steps steps:
                    for (int step = steps.First; step <= steps.Last; step++)
                        _missing[step] = run._case.Slices;
                    for (int worker = 0; worker < workers.Count; worker++)
                    {
                        int first = worker * RowPlaneCase.SlicesAWorker;
                        workers[worker].Tell(new GrantLease(steps.First, steps.Last, [.. Enumerable.Range(first, RowPlaneCase.SlicesAWorker)]));
                    }

                    break;
                case SliceCompleted completed when --_missing[completed.Step] == 0:
                    _missing.Remove(completed.Step);
                    run._server.Settle(run.RunName, completed.Step);
                    if (_missing.Count == 0)
                        run._blockEnd.Release();
                    break;
                case NodeFailed failed:
                    run._failed.TrySetResult(failed.Reason);
                    break;
            }
        }
    }

    /// <summary>Names rows all over the table; gradients are whatever lies in the arrays.</summary>
    private sealed class NoModel : IEmbeddingModel
    {
        private const int Variants = 16;

        private readonly int[][] _rows = new int[Variants][];

        public NoModel(RowPlaneCase @case)
        {
            Tables = @case.Tables;
            var random = new Random(1);
            int stride = RowPlaneCase.TableRows / @case.Rows;
            for (int variant = 0; variant < Variants; variant++)
                _rows[variant] = [.. Enumerable.Range(0, @case.Rows).Select(i => i * stride + random.Next(stride))];
        }

        public IReadOnlyList<TableSpec> Tables { get; }

        public PreparedSlice Prepare(Slice slice) => new Prepared(slice, [_rows[(slice.Step * 5 + slice.Index) % Variants]]);

        public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients) => new(0, 1, 0, 0, 0);

        public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private sealed class Prepared(Slice slice, IReadOnlyList<int[]> rows) : PreparedSlice(slice, rows);
    }

    private sealed class NoBatches(int slices) : IBatchPlan
    {
        public int StepsPerEpoch => 1_000_000;

        public int Slices => slices;

        public int BatchSize(int step) => 1;

        public ReadOnlyMemory<int> Examples(int step, int slice) => default;
    }
}
