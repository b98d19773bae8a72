using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Cluster.Tests.Simulation;

/// <summary>Faults that a simulated network and its hosts commit; probabilities a message.</summary>
internal sealed record Faults(double Duplicate = 0, double Drop = 0, double WorkerCrash = 0);

/// <summary>
/// Runs the real coordinator, pipelines and shard stores in one thread under a seeded scheduler: which message arrives next, which is lost or comes twice, and
/// when a worker dies are all drawn from the seed. Row messages may overtake one another; messages to and from the coordinator keep their order, as Akka promises.
/// </summary>
internal sealed class RunSimulator
{
    private readonly ulong _seed;
    private readonly RunPlan _plan;
    private readonly Faults _faults;
    private readonly ShardMap _map;
    private readonly ShardStore[] _shards;
    private readonly Dictionary<string, SlicePipeline> _workers = [];
    private readonly RunState _run;
    private readonly ExampleSet _data;
    private readonly TinyModel _model;
    private readonly List<(string From, string To, object Message)> _flight = [];
    private readonly Dictionary<int, IReadOnlyList<IReadOnlyList<(int Row, int LastStep, float[] Values, float[] State)>>> _saved = [];
    private CounterRandom _random;
    private TimeSpan _now;
    private int _names;

    public RunSimulator(RunPlan plan, TinyModel model, ExampleSet data, Faults faults, ulong seed)
    {
        _seed = seed;
        _plan = plan;
        _model = model;
        _data = data;
        _faults = faults;
        _random = new CounterRandom(seed, RandomPurpose.DataSplit);
        _map = ShardMap.Even(plan.Job.Cluster.Shards);
        _shards = [.. Enumerable.Range(0, _map.Shards).Select(s => new ShardStore(s, _map, plan.Tables, plan.Job.Training, plan.Job.Seed))];
        _run = new RunState(plan, plan.Job.Cluster.Workers, _map.Shards);
    }

    public RunOutcome? Outcome { get; private set; }

    public List<RunEvent> Events { get; } = [];

    public string Hash => TableHash.Of(Outcome!.TableHashes);

    public void Run(int maxDeliveries = 2_000_000)
    {
        for (int shard = 0; shard < _shards.Length; shard++)
            Carry(_run.OnShardReady(shard, _now));
        for (int worker = 0; worker < _plan.Job.Cluster.Workers; worker++)
            StartWorker();
        while (!_run.IsOver)
        {
            if (maxDeliveries-- == 0)
                throw new InvalidOperationException($"seed {_seed}: no end at step {_run.SettledStep}");
            if (_flight.Count == 0)
            {
                _now += SlicePipeline.Patience; // nothing moves: only timers can help
                foreach ((string name, SlicePipeline pipeline) in _workers.ToArray())
                    Carry(name, pipeline.OnTick(_now));
                if (_flight.Count == 0)
                    throw new InvalidOperationException($"seed {_seed}: dead lock at step {_run.SettledStep}, waiting for {_run.Awaits}; workers {string.Join(", ", _workers.Keys)}");
                continue;
            }

            Deliver();
        }

        foreach (ShardStore shard in _shards)
            shard.Dispose();
    }

    private static bool IsRow(object message) => message is PullRows or RowsPulled or PullRefused or PushRows or PushAcknowledged or PushRefused;

    private void StartWorker()
    {
        string name = $"worker-{_names++:000}";
        _workers[name] = new SlicePipeline(name, _map, _plan.Tables);
        _flight.Add((name, "run", new WorkerReady(name)));
    }

    private void Deliver()
    {
        if (_random.NextDouble() < _faults.WorkerCrash && _workers.Count > 0)
        {
            string lost = _workers.Keys.ElementAt(_random.NextInt(_workers.Count));
            _workers.Remove(lost);
            _flight.RemoveAll(f => f.To == lost || (f.From == lost && !IsRow(f.Message)));
            Carry(_run.OnWorkerLost(lost, _now));
            StartWorker();
        }

        int pick = _random.NextInt(_flight.Count);
        (string from, string to, object message) = _flight[pick];
        if (!IsRow(message))
        {
            // Between two actors control messages keep their order.
            pick = _flight.FindIndex(f => f.From == from && f.To == to && !IsRow(f.Message));
            message = _flight[pick].Message;
        }

        _flight.RemoveAt(pick);
        if (IsRow(message))
        {
            if (_random.NextDouble() < _faults.Drop)
                return;
            if (_random.NextDouble() < _faults.Duplicate)
                _flight.Add((from, to, message));
        }

        if (to == "run")
            ToRun(message);
        else if (to.StartsWith("shard", StringComparison.Ordinal))
            ToShard(int.Parse(to[6..]), message);
        else if (_workers.TryGetValue(to, out SlicePipeline? pipeline))
            ToWorker(to, pipeline, message);
    }

    private void ToRun(object message) => Carry(message switch
    {
        WorkerReady ready => _run.OnWorkerReady(ready.Worker, _now),
        SliceCompleted done => _run.OnSliceCompleted(done, _now),
        ChunkEvaluated chunk => _run.OnChunkEvaluated(chunk, _now),
        SnapshotTaken taken => _run.OnSnapshotTaken(taken, _now),
        ShardWritten written => _run.OnShardWritten(written, _now),
        ShardRestored restored => _run.OnRestored(restored, _now),
        NodeFailed failed => _run.OnFailed(failed, _now),
        CheckpointManifest manifest => _run.OnCheckpointCommitted(manifest.Step, _now),
        _ => throw new InvalidOperationException(message.ToString()),
    });

    private void ToShard(int shard, object message)
    {
        ShardStore store = _shards[shard];
        var replies = new List<ShardReply>();
        switch (message)
        {
            case PullRows pull:
                store.Pull(pull, replies);
                break;
            case PushRows push:
                store.Push(push, replies);
                break;
            case StepsSettled settled:
                store.Settle(settled.Step);
                break;
            case WriteShard write:
                Assert.Equal(write.Step, store.AppliedStep);
                _flight.Add(($"shard-{shard}", "run", new SnapshotTaken(shard, write.Step)));
                _flight.Add(($"shard-{shard}", "run", Save(shard, write.Step)));
                break;
            case RestoreShard restore:
                store.Reset(restore.Step, restore.Generation);
                for (int s = 0; s < _shards.Length; s++)
                {
                    IReadOnlyList<IReadOnlyList<(int Row, int LastStep, float[] Values, float[] State)>> tables = _saved[restore.Step * 64 + s];
                    for (int table = 0; table < tables.Count; table++)
                    {
                        foreach ((int row, int lastStep, float[] values, float[] state) in tables[table])
                            store.Restore(table, row, lastStep, values, state);
                    }
                }

                _flight.Add(($"shard-{shard}", "run", new ShardRestored(shard, restore.Step, 0) { Generation = restore.Generation }));
                break;
            default:
                throw new InvalidOperationException(message.ToString());
        }

        foreach (ShardReply reply in replies)
            _flight.Add(($"shard-{shard}", reply.Worker, reply.Message));
    }

    private ShardWritten Save(int shard, int step)
    {
        var digests = new List<IReadOnlyDictionary<int, byte[]>>();
        var saved = new List<IReadOnlyList<(int, int, float[], float[])>>();
        foreach (RowTableSnapshot table in _shards[shard].Snapshot())
        {
            var rows = new List<(int, int, float[], float[])>();
            using var slots = new SlotDigests();
            table.ForEach((row, lastStep, values, state) =>
            {
                slots.Add(row, lastStep, values, state);
                rows.Add((row, lastStep, values.ToArray(), state.ToArray()));
            });
            digests.Add(slots.Complete());
            saved.Add(rows);
            table.Dispose();
        }

        _saved[step * 64 + shard] = saved;
        return new ShardWritten(shard, step, new ShardFileInfo($"shard-{shard}", 0, ""), digests, _shards[shard].Counters);
    }

    private void ToWorker(string name, SlicePipeline pipeline, object message) => Carry(name, message switch
    {
        GrantLease lease => pipeline.OnGranted(lease, _now),
        EvaluateChunks evaluate => pipeline.OnEvaluate(evaluate, _now),
        RowsPulled rows => pipeline.OnRows(rows, _now),
        PullRefused refused => pipeline.OnPullRefused(refused, _now),
        PushAcknowledged acknowledged => pipeline.OnAcknowledged(acknowledged, _now),
        PushRefused refused => pipeline.OnPushRefused(refused, _now),
        _ => throw new InvalidOperationException(message.ToString()),
    });

    private void Carry(string name, IReadOnlyList<PipelineEffect> effects)
    {
        foreach (PipelineEffect effect in effects)
        {
            switch (effect)
            {
                case PipelineEffect.Prepare prepare:
                    Carry(name, _workers[name].OnPrepared(prepare.Task, _model.Prepare(SliceOf(prepare.Task)), _now));
                    break;
                case PipelineEffect.Compute { Task.Part: null } compute:
                    float[]?[] gradients = _workers[name].RentGradients(compute.Task);
                    SliceLoss loss = _model.Train(compute.Task.Prepared!, compute.Task.Pull!.Values, gradients);
                    Carry(name, _workers[name].OnTrained(compute.Task, gradients, loss, _now));
                    break;
                case PipelineEffect.Compute compute:
                    Carry(name, _workers[name].OnEvaluated(compute.Task, _model.Predict(compute.Task.Prepared!, compute.Task.Pull!.Values), _now));
                    break;
                case PipelineEffect.ToShard toShard:
                    _flight.Add((name, $"shard-{toShard.Shard}", toShard.Message));
                    break;
                case PipelineEffect.ToCoordinator toCoordinator:
                    _flight.Add((name, "run", toCoordinator.Message));
                    break;
            }
        }
    }

    private Slice SliceOf(SliceTask task)
    {
        int slices = _plan.Job.Training.Slices;
        const int perSlice = 3;
        int[] examples = task.Part is null
            ? [.. Enumerable.Range(0, perSlice).Select(i => ((task.ReadsStep * slices + task.Index) * perSlice + i) % _data.Count)]
            : [0, 1];
        return new Slice(task.Part is null ? task.ReadsStep : 0, task.Index, _data, examples, perSlice * slices, _plan.Job.Seed);
    }

    private void Carry(IReadOnlyList<RunEffect> effects)
    {
        foreach (RunEffect effect in effects)
        {
            switch (effect)
            {
                case RunEffect.ToWorker toWorker:
                    _flight.Add(("run", toWorker.Worker, toWorker.Message));
                    break;
                case RunEffect.ToShards toShards:
                    for (int shard = 0; shard < _shards.Length; shard++)
                        _flight.Add(("run", $"shard-{shard}", toShards.Message));
                    break;
                case RunEffect.SeedShards:
                    Carry(_run.OnSeeded(_now));
                    break;
                case RunEffect.RestoreShards restore:
                    for (int shard = 0; shard < _shards.Length; shard++)
                        _flight.Add(("run", $"shard-{shard}", new RestoreShard(restore.Step, []) { Generation = restore.Generation }));
                    break;
                case RunEffect.BeginCheckpoint begin:
                    Carry(_run.OnCheckpointBegun(begin.Step, "", _now));
                    break;
                case RunEffect.CommitCheckpoint commit:
                    _flight.Add(("disk", "run", commit.Manifest));
                    break;
                case RunEffect.Publish publish:
                    Events.Add(publish.Event);
                    if (publish.Event is RunEvent.Finished finished)
                        Outcome = finished.Outcome;
                    if (publish.Event is RunEvent.Failed failed)
                        throw new InvalidOperationException($"seed {_seed}: {failed.Node}: {failed.Reason}");
                    break;
            }
        }
    }
}
