using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using SavedTables = System.Collections.Generic.IReadOnlyList<System.Collections.Generic.IReadOnlyList<(int Row, int LastStep, float[] Values, float[] State)>>;

namespace DistEmbed.Cluster.Tests.Simulation;

/// <summary>
/// Runs the real coordinator, pipelines and shard stores in one thread under a seeded scheduler: which message arrives next, which is lost or comes twice, and
/// when a worker dies are all drawn from the seed. Row messages may overtake one another; messages to and from the coordinator keep their order, as Akka promises.
/// </summary>
internal sealed class RunSimulator
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250), Delivery = TimeSpan.FromMilliseconds(5);

    private readonly ulong _seed;
    private readonly RunPlan _plan;
    private readonly Func<IReadOnlyList<TablePlan>> _tables;
    private readonly Dictionary<string, TimeSpan> _asleep = [];
    private TimeSpan _tickedAt;
    private readonly Faults _faults;
    private readonly ShardMap _map;
    private readonly ShardStore[] _shards;
    private readonly Dictionary<string, SlicePipeline> _workers = [];
    private readonly RunState _run;
    private readonly ExampleSet _data;
    private readonly TinyModel _model;
    private readonly List<(string From, string To, object Message)> _flight = [];
    private readonly Dictionary<int, Dictionary<int, SavedTables>> _saved = [];
    private readonly List<(string From, string To, object Message)> _sent = [];
    private readonly Dictionary<PullId, int> _pullSteps = [];
    private CounterRandom _random;
    private TimeSpan _now;
    private int _names;

    /// <param name="plan">The run.</param>
    /// <param name="tables">Makes its tables with their rules: every shard and every worker has its own, as in processes of their own.</param>
    /// <param name="model">Its model.</param>
    /// <param name="data">Its data.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="seed">Decides when.</param>
    /// <param name="before">The run whose last checkpoint this one goes on from; null for a new run, or where there is none yet.</param>
    public RunSimulator(RunPlan plan, Func<IReadOnlyList<TablePlan>> tables, TinyModel model, ExampleSet data, Faults faults, ulong seed, RunSimulator? before = null)
    {
        if (before?.Committed is { } manifest)
        {
            plan = plan with { ResumeFrom = manifest };
            _saved = before._saved;
            Committed = manifest;
        }

        _seed = seed;
        _plan = plan;
        _tables = tables;
        _model = model;
        _data = data;
        _faults = faults;
        _random = new CounterRandom(seed, RandomPurpose.DataSplit);
        _map = ShardMap.Even(plan.Job.Cluster.Shards);
        _shards = [.. Enumerable.Range(0, _map.Shards).Select(s => new ShardStore(s, _map, tables(), plan.Job.Training, plan.Job.Seed))];
        _run = new RunState(plan, plan.Job.Cluster.Workers, _map.Shards);
    }

    public RunOutcome? Outcome { get; private set; }

    public List<RunEvent> Events { get; } = [];

    /// <summary>Changes of the plan.</summary>
    public IReadOnlyList<PlanChange> Changes => _run.Changes;

    /// <summary>Answers to commands.</summary>
    public List<object> Answers { get; } = [];

    /// <summary>Times a worker stood still.</summary>
    public int Sleeps { get; private set; }

    /// <summary>The last checkpoint.</summary>
    public CheckpointManifest? Committed { get; private set; }


    /// <summary>What shards sent: for which step, of which table, how many rows.</summary>
    public List<(int Step, int Table, int Rows)> RowAnswers { get; } = [];

    /// <summary>Steps that were not applied when a pull was answered, the largest number of all answers.</summary>
    public int LargestStaleness { get; private set; }

    public string Hash => TableHash.Of(Outcome!.TableHashes);

    /// <summary>Runs to the end.</summary>
    public void Run()
    {
        if (!Run(2_000_000))
            throw new InvalidOperationException($"seed {_seed}: no end at step {_run.SettledStep}");
    }

    /// <summary>Runs to the end, or until so many messages are delivered, when the process dies: false.</summary>
    public bool Run(int deliveries)
    {
        for (int shard = 0; shard < _shards.Length; shard++)
            Carry(_run.OnShardReady(shard, _now));
        for (int worker = 0; worker < _plan.Job.Cluster.Workers; worker++)
            StartWorker();
        while (!_run.IsOver)
        {
            if (deliveries-- == 0)
                break;
            if (!_flight.Exists(IsDeliverable) && _asleep.Count > 0)
            {
                Pass(TickEvery);
                continue;
            }

            if (_flight.Count == 0 && _run.Progress(_now).Paused)
                Carry(_run.OnResume(new ResumeRun("simulator"), _now));
            if (_flight.Count == 0)
            {
                _now += SlicePipeline.Patience; // nothing moves: only timers can help
                foreach ((string name, SlicePipeline pipeline) in _workers.ToArray())
                    Carry(name, pipeline.OnTick(_now));
                if (_flight.Count == 0)
                    throw new InvalidOperationException($"seed {_seed}: dead lock at step {_run.SettledStep}, waiting for {string.Join(", ", _run.Progress(_now).Awaited)}; workers {string.Join(", ", _workers.Keys)}");
                continue;
            }

            Deliver();
        }

        foreach (ShardStore shard in _shards)
            shard.Dispose();
        return _run.IsOver;
    }

    /// <summary>The test part evaluated with the weights of a checkpoint, without shards, messages or the run.</summary>
    public EvaluationRecord Test(int step)
    {
        using var store = new ShardStore(0, ShardMap.Even(1), _plan.Tables, _plan.Job.Training, _plan.Job.Seed);
        store.Reset(step);
        Fill(store, step);
        double loss = 0;
        int correct = 0;
        for (int chunk = 0; chunk * EvaluateChunks.ChunkSize < _plan.TestExamples; chunk++)
        {
            PreparedSlice prepared = _model.Prepare(SliceOf(new SliceTask(step + 1, chunk, EvaluationPart.Test)));
            float[][] values = [.. store.Tables.Select((table, t) => prepared.Rows[t].SelectMany(row =>
            {
                var read = new float[table.Dimension];
                table.Read(row, step, read);
                return read;
            }).ToArray())];
            SliceScore score = ClassifierScore.Of(prepared.Slice, _model.Predict(prepared, values));
            loss += score.LossSum;
            correct += (int)score.Sums[0];
        }

        int examples = (_plan.TestExamples + EvaluateChunks.ChunkSize - 1) / EvaluateChunks.ChunkSize * 2;
        return new EvaluationRecord(step, _plan.EpochOf(step) - 1, loss / examples, Scores.OfAccuracy((double)correct / examples));
    }

    // A shard gives the memory of a push back: what comes again has its own.
    private static object CopyOf(object message) => message is PushRows push
        ? push with { Gradients = [.. push.Gradients.Select(g => g with { Values = CopyOf(g.Values) })] }
        : message;

    private static Memory<float> CopyOf(Memory<float> values)
    {
        Memory<float> copy = RowMemory.Rent(values.Length);
        values.CopyTo(copy);
        return copy;
    }

    private static bool IsRow(object message) => message is PullRows or RowsPulled or PullRefused or PushRows or PushAcknowledged or PushRefused;

    private void StartWorker()
    {
        string name = $"worker-{_names++:000}";
        _workers[name] = new SlicePipeline(name, _map, _tables(), _plan.Job.Training, _plan.Job.Cluster.RowCacheBytes);
        _flight.Add((name, "run", new WorkerReady(name)));
    }

    private void Deliver()
    {
        // Without replacement only once training has begun: before, the run rightly waits for them all.
        if (_random.NextDouble() < _faults.WorkerCrash && (_faults.Replace ? _workers.Count > 0 : _workers.Count > 1 && Events.Exists(e => e is RunEvent.Started)))
        {
            string lost = _workers.Keys.ElementAt(_random.NextInt(_workers.Count));
            _workers.Remove(lost);
            _flight.RemoveAll(f => f.To == lost || (f.From == lost && !IsRow(f.Message)));
            Carry(_run.OnWorkerLost(lost, _now));
            if (_faults.Replace)
                StartWorker();
        }

        if (_faults.Stop > 0 && _random.NextDouble() < _faults.Stop)
            Carry(_run.OnStop(new StopRun(), _now));
        if (_faults.Join > 0 && _workers.Count < 5 && _random.NextDouble() < _faults.Join)
            StartWorker();
        if (_faults.Command > 0 && _random.NextDouble() < _faults.Command)
            Command();
        if (_faults.Sleep > 0)
        {
            Pass(Delivery);
            if (_random.NextDouble() < _faults.Sleep && _workers.Count > 0)
            {
                _asleep.TryAdd(_workers.Keys.ElementAt(_random.NextInt(_workers.Count)), _now + TimeSpan.FromSeconds(1 + _random.NextInt(30)));
                Sleeps++;
            }

            if (_run.IsOver || !_flight.Exists(IsDeliverable))
                return;
        }

        int pick = _random.NextInt(_flight.Count);
        while (!IsDeliverable(_flight[pick]))
            pick = (pick + 1) % _flight.Count;
        (string from, string to, object message) = _flight[pick];
        if (!IsRow(message))
        {
            // Between two actors control messages keep their order.
            pick = _flight.FindIndex(f => f.From == from && f.To == to && !IsRow(f.Message));
            message = _flight[pick].Message;
        }

        // The connection of the control plane is another than that of the rows, and may be far slower.
        if (message is ChangePlan && to.StartsWith("shard", StringComparison.Ordinal) && _flight.Exists(f => f.Message is not ChangePlan && IsDeliverable(f)) && _random.NextDouble() < 0.93)
            return;

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

    private bool IsDeliverable((string From, string To, object Message) flight) => !_asleep.ContainsKey(flight.To);

    /// <summary>Time passes: sleepers wake up, those who are awake report, the coordinator's timer fires.</summary>
    private void Pass(TimeSpan time)
    {
        _now += time;
        foreach (string worker in _asleep.Where(a => a.Value <= _now || !_workers.ContainsKey(a.Key)).Select(a => a.Key).ToArray())
            _asleep.Remove(worker);
        if (_now - _tickedAt < TickEvery)
            return;
        _tickedAt = _now;
        foreach ((string name, SlicePipeline pipeline) in _workers.Where(w => !_asleep.ContainsKey(w.Key)).ToArray())
        {
            _flight.Add((name, "run", pipeline.Report()));
            Carry(name, pipeline.OnTick(_now));
        }

        Carry(_run.OnTick(_now));
    }

    private void Command()
    {
        double rate = 0.02 * (1 + _random.NextInt(4));
        string group = _random.NextInt(2) == 0 ? "embedding" : "output";
        Carry(_random.NextInt(6) switch
        {
            0 => _run.OnPause(new PauseRun("simulator"), _now),
            1 => _run.OnResume(new ResumeRun("simulator"), _now),
            2 => _run.OnTakeCheckpoint(new TakeCheckpoint("simulator"), _now),
            3 => _run.OnChangeGroup(new ChangeGroup(group, _random.NextInt(2) == 0, null, "simulator", DateTimeOffset.UnixEpoch.AddSeconds(Answers.Count)), _now),
            4 => _run.OnChangeGroup(new ChangeGroup(group, null, rate, "simulator", DateTimeOffset.UnixEpoch.AddSeconds(Answers.Count)), _now),
            _ => _workers.Count == 0 ? [] : _run.OnDrain(new DrainWorker(_workers.Keys.ElementAt(_random.NextInt(_workers.Count)), "ann"), _now),
        });
    }

    private void ToRun(object message) => Carry(message switch
    {
        WorkerReady ready => _run.OnWorkerReady(ready.Worker, _now),
        SliceCompleted done => _run.OnSliceCompleted(done, _now),
        ChunkEvaluated chunk => _run.OnChunkEvaluated(chunk, _now),
        SnapshotTaken taken => _run.OnSnapshotTaken(taken, _now),
        ShardWritten written => _run.OnShardWritten(written, _now),
        ShardRestored restored => _run.OnRestored(restored, _now),
        PlanChanged made => _run.OnPlanChanged(made, _now),
        WorkerReport report => _run.OnReport(report, _now),
        NodeFailed failed => _run.OnFailed(failed, _now),
        CheckpointManifest manifest => _run.OnCheckpointCommitted((Committed = manifest).Step, _now),
        _ => throw new InvalidOperationException(message.ToString()),
    });

    private void ToShard(int shard, object message)
    {
        ShardStore store = _shards[shard];
        var replies = new List<ShardReply>();
        switch (message)
        {
            case PullRows pull:
                _pullSteps[pull.Id] = pull.Step;
                store.Pull(pull, replies);
                break;
            case PushRows push:
                store.Push(push, replies);
                break;
            case StepsSettled settled:
                store.Settle(settled.Step);
                break;
            case ChangePlan change:
                _flight.Add(($"shard-{shard}", "run", new PlanChanged(shard, store.Make(change.Change))));
                break;
            case WriteShard write:
                Assert.Equal(write.Step, store.AppliedStep);
                _flight.Add(($"shard-{shard}", "run", new SnapshotTaken(shard, write.Step)));
                _flight.Add(($"shard-{shard}", "run", Save(shard, write.Step)));
                break;
            case RestoreShard restore:
                store.Reset(restore.Step, restore.Generation);
                Fill(store, restore.Step);
                if (_faults.Replay)
                    _flight.AddRange(_sent.Where(s => s.To == $"shard-{shard}"));
                _flight.Add(($"shard-{shard}", "run", new ShardRestored(shard, restore.Step, 0) { Generation = restore.Generation }));
                break;
            default:
                throw new InvalidOperationException(message.ToString());
        }

        foreach (ShardReply reply in replies)
        {
            if (reply.Message is RowsPulled rows)
            {
                int staleness = _pullSteps[rows.Id] - 1 - store.AppliedStep;
                LargestStaleness = Math.Max(LargestStaleness, staleness);
                RowAnswers.AddRange(rows.Values.Select(v => (_pullSteps[rows.Id], v.Table, Enumerable.Range(0, v.Count).Count(i => !v.IsUnchanged(i)))));
            }

            _flight.Add(($"shard-{shard}", reply.Worker, reply.Message));
        }
    }

    private void Fill(ShardStore store, int step)
    {
        foreach (SavedTables tables in _saved[step].Values)
        {
            for (int table = 0; table < tables.Count; table++)
            {
                foreach ((int row, int lastStep, float[] values, float[] state) in tables[table])
                    store.Restore(table, row, lastStep, values, state);
            }
        }
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

        _saved[step][shard] = saved;
        return new ShardWritten(shard, step, new ShardFileInfo($"shard-{shard}", 0, ""), digests, _shards[shard].Counters);
    }

    private void ToWorker(string name, SlicePipeline pipeline, object message) => Carry(name, message switch
    {
        GrantLease lease => pipeline.OnGranted(lease, _now),
        EvaluateChunks evaluate => pipeline.OnEvaluate(evaluate, _now),
        ChangePlan change => Make(pipeline, change),
        RowsPulled rows => pipeline.OnRows(rows, _now),
        PullRefused refused => pipeline.OnPullRefused(refused, _now),
        PushAcknowledged acknowledged => pipeline.OnAcknowledged(acknowledged, _now),
        PushRefused refused => pipeline.OnPushRefused(refused, _now),
        _ => throw new InvalidOperationException(message.ToString()),
    });

    private static IReadOnlyList<PipelineEffect> Make(SlicePipeline pipeline, ChangePlan change)
    {
        pipeline.Make(change.Change);
        return [];
    }

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
                    Carry(name, _workers[name].OnEvaluated(compute.Task, ClassifierScore.Of(compute.Task.Prepared!.Slice, _model.Predict(compute.Task.Prepared, compute.Task.Pull!.Values)), _now));
                    break;
                case PipelineEffect.ToShard toShard:
                    _flight.Add((name, $"shard-{toShard.Shard}", toShard.Message));
                    if (_faults.Replay)
                        _sent.Add((name, $"shard-{toShard.Shard}", CopyOf(toShard.Message)));
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
                    _saved[begin.Step] = [];
                    Carry(_run.OnCheckpointBegun(begin.Step, "", _now));
                    break;
                case RunEffect.CommitCheckpoint commit:
                    _flight.Add(("disk", "run", commit.Manifest));
                    break;
                case RunEffect.Answer answer:
                    Answers.Add(answer.Message);
                    break;
                case RunEffect.WorkerDrained drained:
                    // It leaves, and must be missed by nobody.
                    _workers.Remove(drained.Worker);
                    _flight.RemoveAll(f => f.To == drained.Worker || (f.From == drained.Worker && !IsRow(f.Message)));
                    Carry(_run.OnWorkerLost(drained.Worker, _now));
                    if (!Events.Exists(e => e is RunEvent.Started))
                        StartWorker(); // before it begins, the run rightly waits for them all
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
