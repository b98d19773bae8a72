using System.Buffers;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Exchange;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Training;

/// <summary>
/// The way of slices through a worker: granted, prepared, pulled, computed, pushed, reported. The next slices are prepared and pulled while one computes; their
/// number is bounded. Messages in, effects out; it knows no actor, clock, socket or tensor. Not safe for two threads.
/// </summary>
public sealed class SlicePipeline
{
    /// <summary>Tasks that are prepared or pulled ahead of the one that computes; one more where its step is earlier than theirs.</summary>
    public const int Ahead = 2;

    /// <summary>Slices whose pushes may wait for an acknowledgement before another is computed.</summary>
    public const int MostPushing = 4;

    /// <summary>After this long an unanswered pull or push is sent again: lost, or its shard is slow, which a repeat does not hurt.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _worker;
    private readonly ShardMap _map;
    private readonly IReadOnlyList<TablePlan> _plans;
    private readonly int[] _dimensions;
    private readonly PriorityQueue<SliceTask, (int Step, int Index)> _granted = new();
    private readonly List<SliceTask> _ahead = [];
    private readonly Dictionary<PullId, SliceTask> _pulls = [];
    private readonly Dictionary<(int Step, int Slice), (SliceCompleted Completed, float[][] Arrays)> _pushing = [];
    private readonly PushWindow _window = new();
    private readonly bool _ownsPushes;
    private readonly RowFormat _format;
    private readonly RowCache _cache;
    private readonly List<string> _watched;
    private readonly List<PipelineEffect> _effects = [];
    private SliceTask? _preparing;
    private SliceTask? _computing;
    private RowTraffic _moved;
    private long _sequence;
    private int _generation;
    private TimeSpan _now;

    /// <summary>Creates the pipeline of a worker.</summary>
    /// <param name="worker">Name of the worker's incarnation.</param>
    /// <param name="map">Who owns which row.</param>
    /// <param name="plans">The tables with their rules.</param>
    /// <param name="training">Consistency, and how rows are written; null: the defaults.</param>
    /// <param name="cacheBytes">Memory for rows that need not be read again; 0: none.</param>
    /// <param name="ownsPushes">
    /// Whether the arrays of a push stay the worker's, since shards get copies over a connection: they go back to their pool when the slice is acknowledged. In one process shards have the
    /// arrays themselves, and return them.
    /// </param>
    public SlicePipeline(
        string worker, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec? training = null, long cacheBytes = 0, bool ownsPushes = false)
    {
        _ownsPushes = ownsPushes;
        training ??= new TrainingSpec();
        _format = training.Wire;
        _cache = new RowCache(plans, training.Consistency, cacheBytes);
        _worker = worker;
        _map = map;
        _plans = plans;
        _dimensions = [.. plans.Select(p => p.Spec.Dimension)];
        _watched = [.. TablePlan.Watched(plans)];
    }

    /// <summary>Whether nothing is granted or under way.</summary>
    public bool IsIdle => _granted.Count == 0 && _ahead.Count == 0 && _computing is null && _window.Outstanding == 0;

    /// <summary>How the worker stands.</summary>
    public WorkerReport Report()
    {
        SliceTask? next = _computing ?? (_ahead.Count > 0 ? _ahead[0] : null);
        WorkerActivity doing = next is null ? _window.Outstanding > 0 ? WorkerActivity.Pushing : WorkerActivity.Idle
            : next == _computing ? WorkerActivity.Computing
            : next.Pull is null ? WorkerActivity.Preparing : WorkerActivity.Pulling;
        (int step, int slice) = next is not null ? (next.ReadsStep, next.Index) : _window.Earliest ?? (0, 0);
        IEnumerable<int> shards = doing == WorkerActivity.Pulling ? next!.Pull!.Outstanding().Select(o => o.Shard) : [];
        return new WorkerReport(
            _worker, doing, step, slice, [.. shards.Union(_window.Shards).Order()], _moved.RowsPulled, _moved.RowsPushed, _moved.BytesPulled, _moved.BytesPushed);
    }

    /// <summary>Makes a change of the plan, before anything of its step is granted.</summary>
    public void Make(PlanChange change) => TablePlan.Make(_plans, change);

    /// <summary>Takes a lease. The first one of a new generation drops what is left of the generation before: the shards would refuse it.</summary>
    public IReadOnlyList<PipelineEffect> OnGranted(GrantLease lease, TimeSpan now)
    {
        Enter(now);
        EnterGeneration(lease.Generation);
        if (lease.Generation < _generation)
            return Advance();
        for (int step = lease.FirstStep; step <= lease.LastStep; step++)
        {
            foreach (int slice in lease.Slices)
            {
                if (!Has(step, slice, null))
                    _granted.Enqueue(new SliceTask(step, slice, null) { Generation = _generation }, (step, slice));
            }
        }

        return Advance();
    }

    /// <summary>Takes chunks to evaluate.</summary>
    public IReadOnlyList<PipelineEffect> OnEvaluate(EvaluateChunks evaluate, TimeSpan now)
    {
        Enter(now);
        EnterGeneration(evaluate.Generation);
        if (evaluate.Generation < _generation)
            return Advance();
        foreach (int chunk in evaluate.Chunks)
        {
            if (!Has(evaluate.Step + 1, chunk, evaluate.Part))
                _granted.Enqueue(new SliceTask(evaluate.Step + 1, chunk, evaluate.Part) { Generation = _generation }, (evaluate.Step + 1, chunk));
        }

        return Advance();
    }

    /// <summary>The model has prepared a task: its rows are pulled.</summary>
    public IReadOnlyList<PipelineEffect> OnPrepared(SliceTask task, PreparedSlice prepared, TimeSpan now)
    {
        Enter(now);
        _preparing = null;
        if (task.Generation != _generation)
            return Advance();
        task.Prepared = prepared;
        var id = new PullId(_worker, ++_sequence);
        task.Pull = new PullAssembly(id, task.ReadsStep, prepared.Rows, _dimensions, _map, _generation, _format, _cache);
        if (!task.Pull.IsComplete) // a slice that touches nothing asks nobody
            _pulls[id] = task;
        SendPull(task);
        return Advance();
    }

    /// <summary>A part of a pull's answer.</summary>
    public IReadOnlyList<PipelineEffect> OnRows(RowsPulled rows, TimeSpan now)
    {
        Enter(now);
        if (_pulls.TryGetValue(rows.Id, out SliceTask? task))
        {
            task.Pull!.Take(rows);
            if (task.Pull.IsComplete)
            {
                _pulls.Remove(rows.Id);
                Keep(task);
            }
        }

        return Advance();
    }

    /// <summary>Which tables a training task needs the gradients of: rented arrays, null for tables that its step leaves frozen.</summary>
    public float[]?[] RentGradients(SliceTask task)
    {
        var gradients = new float[]?[_plans.Count];
        for (int table = 0; table < gradients.Length; table++)
        {
            if (!_plans[table].IsFrozen(task.ReadsStep))
                gradients[table] = ArrayPool<float>.Shared.Rent(Math.Max(1, task.Prepared!.Rows[table].Length * _dimensions[table]));
        }

        return gradients;
    }

    /// <summary>A training task is computed: its gradients go to every shard.</summary>
    public IReadOnlyList<PipelineEffect> OnTrained(SliceTask task, float[]?[] gradients, SliceLoss loss, TimeSpan now)
    {
        Enter(now);
        _computing = null;
        if (task.Generation != _generation)
        {
            Return(gradients);
            task.Pull!.ReturnValues();
            return Advance();
        }

        if (!double.IsFinite(loss.Sum))
        {
            _effects.Add(new PipelineEffect.ToCoordinator(new NodeFailed(_worker,
                $"the loss of step {task.ReadsStep} is not a finite number: training diverged. Lower the learning rate, or check the vectors for absurd values.")));
            return Advance();
        }

        PullAssembly pull = task.Pull!;
        if (_format == RowFormat.Half)
            Round(task, gradients);
        SlicePushes pushes = SlicePushes.Of(new PushRows(_worker, task.ReadsStep, task.Index, 0, 0, []) { Generation = _generation, Format = _format }, pull.Split, _plans, gradients, copy: !_ownsPushes);
        long sentBefore = _window.Sent;
        foreach ((int shard, PushRows push) in pushes.Messages)
        {
            _window.Add(shard, push, now);
            _effects.Add(new PipelineEffect.ToShard(shard, push));
        }

        IReadOnlyList<double> squares = Squares(task, gradients);
        HashSet<float[]> arrays = _ownsPushes ? pushes.Arrays() : [];
        Return(gradients.Where(g => g is not null && !arrays.Contains(g)));
        var traffic = new RowTraffic(pull.RowCount - pull.RowsKept, pushes.Rows, pull.ByteCount - pull.BytesKept, pushes.Bytes, _window.Sent - sentBefore)
        {
            RowsKept = pull.RowsKept,
            BytesKept = pull.BytesKept,
        };
        _moved += traffic;
        var completed = new SliceCompleted(
            _worker, task.ReadsStep, task.Index, loss.Sum, loss.Count, loss.Correct, loss.Words, task.Prepared!.Slice.Examples.Length, traffic)
        {
            Judged = loss.Judged,
            Generation = _generation,
            GradientSquares = squares,
        };
        _pushing[(task.ReadsStep, task.Index)] = (completed, [.. arrays]);
        pull.ReturnValues();
        return Advance();
    }

    /// <summary>An evaluation task is computed.</summary>
    /// <param name="task">The task.</param>
    /// <param name="score">What the model's predictions are worth.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<PipelineEffect> OnEvaluated(SliceTask task, SliceScore score, TimeSpan now)
    {
        Enter(now);
        _computing = null;
        if (task.Generation != _generation)
        {
            task.Pull!.ReturnValues();
            return Advance();
        }

        _moved += new RowTraffic(task.Pull!.RowCount - task.Pull.RowsKept, 0, task.Pull.ByteCount - task.Pull.BytesKept, 0, 0);
        task.Pull.ReturnValues();
        _effects.Add(new PipelineEffect.ToCoordinator(new ChunkEvaluated(
            _worker, task.Part!.Value, task.ReadsStep - 1, task.Index, score.LossSum, score.Examples, score.Sums)
        { Generation = _generation }));
        return Advance();
    }

    /// <summary>A shard has a block. When it is the slice's last, the coordinator hears of it.</summary>
    public IReadOnlyList<PipelineEffect> OnAcknowledged(PushAcknowledged acknowledged, TimeSpan now)
    {
        Enter(now);
        if (acknowledged.Generation == _generation && _window.Acknowledge(acknowledged) && _pushing.Remove((acknowledged.Step, acknowledged.Slice), out var pushed))
        {
            // A repeat that is still to be written may carry other numbers from now on: the shard has the block and looks at no repeat of it.
            Return(pushed.Arrays);
            _effects.Add(new PipelineEffect.ToCoordinator(pushed.Completed));
        }

        return Advance();
    }

    /// <summary>
    /// A shard refuses a pull. Too late means that the slice was done by somebody else and is settled: it is dropped. Anything else is a defect or a garbled
    /// message, never to be papered over. The answer to a repeat of a pull that has been answered since is of no interest.
    /// </summary>
    public IReadOnlyList<PipelineEffect> OnPullRefused(PullRefused refused, TimeSpan now)
    {
        Enter(now);
        if (IsOtherGeneration(refused.Reason, refused.Generation) || !_pulls.Remove(refused.Id, out SliceTask? task))
            return Advance();
        if (refused.Reason == RefusalReason.TooLate)
            _ahead.Remove(task);
        else
            _effects.Add(new PipelineEffect.ToCoordinator(new NodeFailed(_worker, $"shard {refused.Shard} refused pull {refused.Id.Sequence}: {refused.Reason}")));
        return Advance();
    }

    /// <summary>A shard refuses a push: a defect or a garbled message.</summary>
    public IReadOnlyList<PipelineEffect> OnPushRefused(PushRefused refused, TimeSpan now)
    {
        Enter(now);
        if (IsOtherGeneration(refused.Reason, refused.Generation))
            return Advance();
        _effects.Add(new PipelineEffect.ToCoordinator(new NodeFailed(_worker,
            $"shard {refused.Shard} refused block {refused.Block} of step {refused.Step}, slice {refused.Slice}: {refused.Reason}")));
        return Advance();
    }

    /// <summary>Shards can be reached, at first or again: what they have not answered is sent again, since it may have been lost.</summary>
    public IReadOnlyList<PipelineEffect> OnConnected(IReadOnlyList<int> shards, TimeSpan now)
    {
        Enter(now);
        foreach (SliceTask task in _pulls.Values)
        {
            foreach ((int shard, PullRows request) in task.Pull!.Outstanding())
            {
                if (shards.Contains(shard))
                    _effects.Add(new PipelineEffect.ToShard(shard, request));
            }
        }

        foreach ((int shard, PushRows push) in _window.TakeOf(shards, now))
            _effects.Add(new PipelineEffect.ToShard(shard, push));
        return Advance();
    }

    /// <summary>Sends again what has been waiting too long.</summary>
    public IReadOnlyList<PipelineEffect> OnTick(TimeSpan now)
    {
        Enter(now);
        foreach (SliceTask task in _pulls.Values)
        {
            if (now - task.PulledAt >= Patience)
                SendPull(task);
        }

        foreach ((int shard, PushRows push) in _window.TakeOverdue(now, Patience))
            _effects.Add(new PipelineEffect.ToShard(shard, push));
        return Advance();
    }

    private void Enter(TimeSpan now)
    {
        _now = now;
        _effects.Clear();
    }

    /// <summary>Whether a task is on its way already: what was given to another worker too, because this one was late, may come back to it.</summary>
    private bool Has(int step, int index, EvaluationPart? part)
    {
        return (part is null && _pushing.ContainsKey((step, index))) || Is(_preparing) || Is(_computing) || _ahead.Exists(Is)
            || _granted.UnorderedItems.Any(item => Is(item.Element));

        bool Is(SliceTask? task) => task is not null && task.ReadsStep == step && task.Index == index && task.Part == part && task.Generation == _generation;
    }

    /// <summary>
    /// Whether a refusal only says that worker and shard stood in different generations. If the shard is ahead, all that is under way here is void; if the refused
    /// message was older than what is under way, or the shard is late, there is nothing to do: what is still wanted is sent again.
    /// </summary>
    private bool IsOtherGeneration(RefusalReason reason, int generation)
    {
        if (reason != RefusalReason.OtherGeneration)
            return false;
        EnterGeneration(generation);
        return true;
    }

    private void EnterGeneration(int generation)
    {
        if (generation <= _generation)
            return;
        _generation = generation;
        _granted.Clear();
        _ahead.Clear(); // what is being prepared or computed is dropped when it comes back
        _pulls.Clear();
        _pushing.Clear();
        _window.Clear();
        _cache.Clear();
    }

    /// <summary>Keeps the rows of a pull for later slices, except those that this slice itself makes old.</summary>
    private void Keep(SliceTask task)
    {
        for (int table = 0; table < _plans.Count; table++)
        {
            if (task.Part is not null || _plans[table].IsFrozen(task.ReadsStep) || _plans[table].IsMixed(task.ReadsStep))
                _cache.Keep(table, task.ReadsStep, task.Prepared!.Rows[table], task.Pull!.Values[table], task.Pull.KnownOf(table), evenIfTuned: task.Part is not null);
        }
    }

    private double[] Squares(SliceTask task, float[]?[] gradients)
    {
        if (_watched.Count == 0)
            return [];
        double[] squares = new double[_watched.Count];
        for (int table = 0; table < gradients.Length; table++)
        {
            if (!_plans[table].IsWatched)
                continue;
            squares[_watched.IndexOf(_plans[table].Spec.Group)] += gradients[table] is { } gradient
                ? TunedRows.SumOfSquares(task.Prepared!.Rows[table], gradient, _dimensions[table], _plans[table], task.ReadsStep) : double.NaN;
        }

        return squares;
    }

    private void Round(SliceTask task, float[]?[] gradients)
    {
        for (int table = 0; table < gradients.Length; table++)
            BFloat16.Round(gradients[table].AsSpan(0, gradients[table] is null ? 0 : task.Prepared!.Rows[table].Length * _dimensions[table]));
    }

    private static void Return(IEnumerable<float[]?> arrays)
    {
        foreach (float[]? array in arrays)
        {
            if (array is not null)
                ArrayPool<float>.Shared.Return(array);
        }
    }

    private void SendPull(SliceTask task)
    {
        task.PulledAt = _now;
        foreach ((int shard, PullRows request) in task.Pull!.Outstanding())
            _effects.Add(new PipelineEffect.ToShard(shard, request));
    }

    private PipelineEffect[] Advance()
    {
        // In order: the first task ahead computes next, even if a later one has its rows already.
        // Where nothing waits for the step before (async), only the bound on pushes keeps a fast worker from burying a slow shard.
        if (_computing is null && _ahead.Count > 0 && _ahead[0].Pull is { IsComplete: true } && _pushing.Count < MostPushing)
        {
            _computing = _ahead[0];
            _ahead.RemoveAt(0);
            _effects.Add(new PipelineEffect.Compute(_computing));
        }

        // One at a time: a model's preparation need not stand two threads at once.
        // The bound gives way to an earlier step: a lost worker's slice may come when all that is ahead waits for the very step that needs it.
        if (_preparing is null && _granted.TryPeek(out SliceTask? task, out _) && (_ahead.Count < Ahead || task.ReadsStep < _ahead[0].ReadsStep))
        {
            _granted.Dequeue();
            _preparing = task;
            int later = _ahead.FindIndex(t => t.ReadsStep > task.ReadsStep);
            _ahead.Insert(later < 0 ? _ahead.Count : later, task);
            _effects.Add(new PipelineEffect.Prepare(task));
        }

        return [.. _effects];
    }
}
