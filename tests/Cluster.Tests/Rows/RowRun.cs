using Akka.Actor;
using DistEmbed.Cluster.Tests.Simulation;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Rows;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>Two shards, or one, and two workers of a small run, the workers beside the shards or over the row plane.</summary>
internal sealed class RowRun : IDisposable
{
    private const int Workers = 2, Slices = 4, TotalSteps = 100_000;

    private readonly string _name;
    private readonly ulong _seed;
    private readonly int _vocabulary;
    private readonly int _dimension;
    private readonly int _shardCount;
    private readonly IActorRef _driver;
    private readonly IActorRef[] _shards;
    private readonly List<IActorRef> _workers = [];
    private readonly List<RowPlaneClient> _clients = [];
    private readonly TempFolder _folder = new();
    private int _granted;
    private volatile TaskCompletionSource<object> _awaited = new();

    public RowRun(ActorSystem system, string name, ulong seed, int vocabulary = 60, int dimension = 8, int shards = 2, RowFormat wire = RowFormat.Full)
    {
        Training = new TrainingSpec { Slices = Slices, Wire = wire };
        (_name, _seed, _vocabulary, _dimension, _shardCount) = (name, seed, vocabulary, dimension, shards);
        _driver = system.ActorOf(Props.Create(() => new Driver(this)));
        _shards = [.. Enumerable.Range(0, _shardCount).Select(shard => system.ActorOf(ShardActor.Props(shard, Map, Plans(), Training, seed, _driver)))];
    }

    private ShardMap Map => ShardMap.Even(_shardCount);

    private TrainingSpec Training { get; }

    public int[] Dimensions => [_dimension, _dimension];

    public void Host(RowPlaneListener listener) => listener.Host(_name, Map.Epoch, Dimensions, Enumerable.Range(0, _shardCount).ToDictionary(s => s, s => _shards[s]));

    public void StartWorkers(ActorSystem system, string? address = null, NodeTls? tls = null, bool local = true)
    {
        for (int worker = 0; worker < Workers; worker++)
        {
            string name = $"{_name}-worker-{worker}";
            IReadOnlyList<IActorRef> shards = _shards;
            RowPlaneClient? client = null;
            if (address is not null)
            {
                client = new RowPlaneClient(system, Description(address), name, Options(tls, local));
                _clients.Add(client);
                shards = client.Shards;
            }

            var context = new WorkerContext(new TinyModel(_vocabulary, _dimension), Data(), new Batches(), Plans(), Map, _seed, new TaskCompletionSource())
            {
                Training = Training,
                CacheBytes = 0,
                OwnsPushes = client is not null,
            };
            IActorRef actor = system.ActorOf(WorkerActor.Props(name, context, shards, _driver), name);
            _workers.Add(actor);
            client?.Start(actor);
        }
    }

    public static NodeOptions Options(NodeTls? tls = null, bool local = true) => new()
    {
        Role = NodeRole.Server,
        Name = "server",
        Cluster = "test",
        CacheDirectory = "unused",
        Tls = tls,
        LocalSockets = local,
        HandshakePatience = Wait.Deadline,
    };

    /// <summary>Trains further steps.</summary>
    public async Task TrainAsync(int steps)
    {
        int first = _granted + 1;
        _granted += steps;
        _awaited = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        _driver.Tell(new Expect(first, _granted));
        for (int worker = 0; worker < Workers; worker++)
            _workers[worker].Tell(new GrantLease(first, _granted, [worker, worker + Workers]));
        await _awaited.Task.WaitAsync(Wait.Deadline);
    }

    /// <summary>Hash of all rows; fails where not every block of every step was applied exactly once.</summary>
    public async Task<string> HashAsync()
    {
        var written = new ShardWritten[_shardCount];
        for (int shard = 0; shard < _shardCount; shard++)
        {
            _awaited = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
            _shards[shard].Tell(new WriteShard(_granted, _folder.Path, "f00d"));
            written[shard] = (ShardWritten)await _awaited.Task.WaitAsync(Wait.Deadline);
            Assert.Equal(_granted * Slices, written[shard].Counters.Applied);
        }

        return TableHash.Of(TableHash.Of(["0", "1"], [.. written.Select(w => w.Digests)]));
    }

    public void Dispose()
    {
        foreach (RowPlaneClient client in _clients)
            client.Dispose();
        _folder.Dispose();
    }

    /// <summary>What the same run computes in one process.</summary>
    public static async Task<string> HashInProcessAsync(ulong seed, int steps, int vocabulary = 60, int dimension = 8, RowFormat wire = RowFormat.Full)
    {
        using ActorSystem system = ActorSystem.Create("alone", NodeSettings.AkkaConfiguration());
        using var run = new RowRun(system, "alone", seed, vocabulary, dimension, wire: wire);
        run.StartWorkers(system);
        await run.TrainAsync(steps);
        string hash = await run.HashAsync();
        await system.Terminate();
        return hash;
    }

    private IReadOnlyList<TablePlan> Plans()
    {
        var optimizer = new AdaGradSpec { LearningRate = 0.1 };
        using var model = new TinyModel(_vocabulary, _dimension);
        return TablePlan.Of(model.Tables, group => new GroupTimeline(group, optimizer, TotalSteps), _ => optimizer, TotalSteps);
    }

    private RunDescription Description(string address)
    {
        using var model = new TinyModel(_vocabulary, _dimension);
        return new RunDescription(
            _name, "", "", model.Tables, 1, TotalSteps, _dimension, null, "", null, [], Map.Epoch,
            [.. Enumerable.Range(0, _shardCount).Select(shard => new ShardPlace(shard, "server", address))]);
    }

    private PreparedData Data()
    {
        var random = new Random((int)_seed);
        const int Examples = 40, Tokens = 12;
        int perExample = Math.Max(Tokens, _vocabulary / 20);
        return new PreparedData(
            new WordVocabulary([], []), ["0", "1"],
            new ExampleSet(
                [.. Enumerable.Range(0, Examples + 1).Select(i => i * perExample)], [.. Enumerable.Range(0, Examples * perExample).Select(_ => random.Next(_vocabulary))], new int[Examples]),
            null, null, []);
    }

    private sealed class Batches : IBatchPlan
    {
        public int StepsPerEpoch => 10;

        public int Slices => RowRun.Slices;

        public int BatchSize(int step) => RowRun.Slices;

        public ReadOnlyMemory<int> Examples(int step, int slice) => new[] { (step * RowRun.Slices + slice) % 40 };
    }

    private sealed record Expect(int First, int Last);

    private sealed class Driver(RowRun run) : UntypedActor
    {
        private readonly Dictionary<int, HashSet<int>> _missing = [];

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Expect expect:
                    for (int step = expect.First; step <= expect.Last; step++)
                        _missing[step] = [.. Enumerable.Range(0, Slices)];
                    break;
                case SliceCompleted completed when _missing.TryGetValue(completed.Step, out HashSet<int>? slices) && slices.Remove(completed.Slice) && slices.Count == 0:
                    _missing.Remove(completed.Step);
                    foreach (IActorRef shard in run._shards)
                        shard.Tell(new StepsSettled(completed.Step));
                    if (_missing.Count == 0)
                        run._awaited.TrySetResult(completed);
                    break;
                case ShardWritten written:
                    run._awaited.TrySetResult(written);
                    break;
                case NodeFailed failed:
                    run._awaited.TrySetException(new InvalidOperationException(failed.Reason));
                    break;
            }
        }
    }
}
