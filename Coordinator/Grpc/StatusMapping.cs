using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;
using Google.Protobuf.Collections;
using Wire = DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>The status as the coordinator has it and as it goes over the wire.</summary>
public static class StatusMapping
{
    /// <summary>The status for the wire.</summary>
    public static Wire.ClusterStatus ToWire(this ClusterStatus status)
    {
        var wire = new Wire.ClusterStatus
        {
            Cluster = status.Cluster,
            Version = status.Version,
            State = status.State,
            Attempt = status.Attempt,
            Nodes = { status.Nodes.Select(ToWire) },
            Run = status.Run?.ToWire(),
            Awaited = { status.Awaited.Select(ToWire) },
            LastEnded = status.LastEnded?.ToWire(),
            Drift = { status.Drift.Select(ToWire) },
        };
        if (status.RunDirectory is { } directory)
            wire.RunDirectory = directory;
        if (status.Job is { } job)
            wire.Job = job;
        if (status.Stage is { } stage)
            wire.Stage = stage;
        return wire;
    }

    /// <summary>The status from the wire.</summary>
    public static ClusterStatus FromWire(this Wire.ClusterStatus wire) => new()
    {
        Cluster = wire.Cluster,
        Version = wire.Version,
        State = wire.State,
        Nodes = [.. wire.Nodes.Select(n => new ClusterNode(n.Name, FromWire(n.Role), n.Address, n.State, n.Version, [.. n.Hosts]))],
        RunDirectory = wire.HasRunDirectory ? wire.RunDirectory : null,
        Job = wire.HasJob ? wire.Job : null,
        Stage = wire.HasStage ? wire.Stage : null,
        Attempt = wire.Attempt,
        Run = wire.Run is { } run ? FromWire(run) : null,
        Awaited = FromWire(wire.Awaited),
        LastEnded = wire.LastEnded is { } ended
            ? new EndedJob(ended.RunDirectory, ended.Status, ended.HasError ? ended.Error : null, ended.HasTableHash ? ended.TableHash : null)
            : null,
        Drift =
        [
            .. wire.Drift.Select(d => new DriftStatus(
                d.Table, d.Step, d.Rows, d.Moved, d.HasMeanCosine ? d.MeanCosine : null, d.HasMeanDistance ? d.MeanDistance : null,
                d.HasMeanNormGrowth ? d.MeanNormGrowth : null, [.. d.MostMoved])),
        ],
    };

    private static Wire.TableDrift ToWire(DriftStatus drift)
    {
        var wire = new Wire.TableDrift { Table = drift.Table, Step = drift.Step, Rows = drift.Rows, Moved = drift.Moved, MostMoved = { drift.MostMoved } };
        if (drift.MeanCosine is { } cosine)
            wire.MeanCosine = cosine;
        if (drift.MeanDistance is { } distance)
            wire.MeanDistance = distance;
        if (drift.MeanNormGrowth is { } growth)
            wire.MeanNormGrowth = growth;
        return wire;
    }

    private static Wire.ClusterNode ToWire(ClusterNode node) => new()
    {
        Name = node.Name,
        Role = (Wire.NodeRole)((int)node.Role + 1),
        Address = node.Address,
        State = node.State,
        Version = node.Version,
        Hosts = { node.Hosts },
    };

    // The wire's enumerations begin with "unspecified", ours do not. A value that a later version added is shown as its number.
    private static NodeRole FromWire(Wire.NodeRole role) => (NodeRole)((int)role - 1);

    private static Wire.EndedJob ToWire(this EndedJob ended)
    {
        var wire = new Wire.EndedJob { RunDirectory = ended.RunDirectory, Status = ended.Status };
        if (ended.Error is { } error)
            wire.Error = error;
        if (ended.TableHash is { } hash)
            wire.TableHash = hash;
        return wire;
    }

    private static Wire.Awaited ToWire(Awaited awaited) => new() { Who = awaited.Who, Why = awaited.Why, Seconds = awaited.Seconds };

    private static IReadOnlyList<Awaited> FromWire(RepeatedField<Wire.Awaited> awaited) => [.. awaited.Select(a => new Awaited(a.Who, a.Why, a.Seconds))];

    private static Wire.RunProgress ToWire(this RunProgress run)
    {
        var wire = new Wire.RunProgress
        {
            Phase = run.Phase,
            Paused = run.Paused,
            Step = run.Step,
            GrantedStep = run.GrantedStep,
            EndStep = run.EndStep,
            StepsPerEpoch = run.StepsPerEpoch,
            Seconds = run.Seconds,
            ExamplesPerSecond = run.ExamplesPerSecond,
            WordsPerSecond = run.WordsPerSecond,
            Unit = run.Unit,
            LastEvaluation = run.LastEvaluation is { } last
                ? new Wire.Evaluation { Step = last.Step, Epoch = last.Epoch, Loss = last.Loss, Scores = { last.Scores.Values.Select(s => new Wire.Score { Name = s.Key, Value = s.Value }) } }
                : null,
            Best = run.Best is { } best ? new Wire.BestEvaluation { Step = best.Step, Metric = best.Metric } : null,
            Groups = { run.Groups.Select(ToWire) },
            Workers = { run.Workers.Select(ToWire) },
            Shards = { run.Shards.Select(ToWire) },
            Awaited = { run.Awaited.Select(ToWire) },
            Totals = ToWire(run.Totals),
            TrainingPhase = run.TrainingPhase is { } phase
                ? new Wire.TrainingPhase { Number = phase.Number, Count = phase.Count, Name = phase.Name, FirstStep = phase.FirstStep, Ends = phase.Ends }
                : null,
        };
        if (run.Loss is { } loss)
            wire.Loss = loss;
        if (run.LastCheckpoint is { } checkpoint)
            wire.LastCheckpoint = checkpoint;
        return wire;
    }

    private static RunProgress FromWire(Wire.RunProgress wire) => new()
    {
        Phase = wire.Phase,
        Paused = wire.Paused,
        Step = wire.Step,
        GrantedStep = wire.GrantedStep,
        EndStep = wire.EndStep,
        StepsPerEpoch = wire.StepsPerEpoch,
        Seconds = wire.Seconds,
        Loss = wire.HasLoss ? wire.Loss : null,
        ExamplesPerSecond = wire.ExamplesPerSecond,
        WordsPerSecond = wire.WordsPerSecond,
        Unit = wire.Unit,
        LastEvaluation = wire.LastEvaluation is { Scores.Count: > 0 } last
            ? new EvaluationRecord(last.Step, last.Epoch, last.Loss, new Scores([.. last.Scores.Select(s => KeyValuePair.Create(s.Name, s.Value))]))
            : null,
        Best = wire.Best is { } best ? new BestEvaluation(best.Step, best.Metric) : null,
        LastCheckpoint = wire.HasLastCheckpoint ? wire.LastCheckpoint : null,
        Groups = [.. wire.Groups.Select(g => new GroupStatus(g.Group, g.Frozen, g.LearningRate, g.HasNextChange ? g.NextChange : null) { FrozenRows = g.FrozenRows })],
        Workers = [.. wire.Workers.Select(FromWire)],
        Shards = [.. wire.Shards.Select(FromWire)],
        Awaited = FromWire(wire.Awaited),
        Totals = FromWire(wire.Totals ?? new Wire.RunTotals()),
        TrainingPhase = wire.TrainingPhase is { } phase ? new TrainingPhase(phase.Number, phase.Count, phase.Name, phase.FirstStep, phase.Ends) : null,
    };

    private static Wire.GroupStatus ToWire(GroupStatus group)
    {
        var wire = new Wire.GroupStatus { Group = group.Group, Frozen = group.Frozen, LearningRate = group.LearningRate, FrozenRows = group.FrozenRows };
        if (group.NextChange is { } next)
            wire.NextChange = next;
        return wire;
    }

    private static Wire.WorkerStatus ToWire(WorkerStatus worker) => new()
    {
        Worker = worker.Worker,
        Report = worker.Report is { } report
            ? new Wire.WorkerReport
            {
                Worker = report.Worker,
                Doing = (Wire.WorkerActivity)((int)report.Doing + 1),
                Step = report.Step,
                Slice = report.Slice,
                Shards = { report.Shards },
                RowsPulled = report.RowsPulled,
                RowsPushed = report.RowsPushed,
                BytesPulled = report.BytesPulled,
                BytesPushed = report.BytesPushed,
            }
            : null,
        SilentSeconds = worker.SilentSeconds,
        RowsPerSecond = worker.RowsPerSecond,
        BytesPerSecond = worker.BytesPerSecond,
        OpenSlices = worker.OpenSlices,
        Draining = worker.Draining,
    };

    private static WorkerStatus FromWire(Wire.WorkerStatus wire) => new(
        wire.Worker,
        wire.Report is { } r
            ? new WorkerReport(r.Worker, (WorkerActivity)((int)r.Doing - 1), r.Step, r.Slice, [.. r.Shards], r.RowsPulled, r.RowsPushed, r.BytesPulled, r.BytesPushed)
            : null,
        wire.SilentSeconds, wire.RowsPerSecond, wire.BytesPerSecond, wire.OpenSlices, wire.Draining);

    private static Wire.ShardStatus ToWire(ShardStatus shard) => new()
    {
        Shard = shard.Shard,
        Report = shard.Report is { } report
            ? new Wire.ShardReport
            {
                Shard = report.Shard,
                AppliedStep = report.AppliedStep,
                MissingSlices = { report.MissingSlices },
                WaitingPulls = report.WaitingPulls,
                StoredRows = report.StoredRows,
                RowsRead = report.RowsRead,
                RowsWritten = report.RowsWritten,
                BytesRead = report.BytesRead,
                BytesWritten = report.BytesWritten,
            }
            : null,
        SilentSeconds = shard.SilentSeconds,
        RowsPerSecond = shard.RowsPerSecond,
        BytesPerSecond = shard.BytesPerSecond,
    };

    private static ShardStatus FromWire(Wire.ShardStatus wire) => new(
        wire.Shard,
        wire.Report is { } r
            ? new ShardReport(r.Shard, r.AppliedStep, [.. r.MissingSlices], r.WaitingPulls, r.StoredRows, r.RowsRead, r.RowsWritten, r.BytesRead, r.BytesWritten)
            : null,
        wire.SilentSeconds, wire.RowsPerSecond, wire.BytesPerSecond);

    private static Wire.RunTotals ToWire(RunTotals totals) => new()
    {
        Examples = totals.Examples,
        Words = totals.Words,
        RowsPulled = totals.RowsPulled,
        RowsPushed = totals.RowsPushed,
        BytesPulled = totals.BytesPulled,
        BytesPushed = totals.BytesPushed,
        RowsKept = totals.RowsKept,
        BytesKept = totals.BytesKept,
        PushesSent = totals.PushesSent,
        PushesApplied = totals.PushesApplied,
        PushesRejected = { totals.PushesRejected.ToDictionary() },
    };

    private static RunTotals FromWire(Wire.RunTotals wire) => new()
    {
        Examples = wire.Examples,
        Words = wire.Words,
        RowsPulled = wire.RowsPulled,
        RowsPushed = wire.RowsPushed,
        BytesPulled = wire.BytesPulled,
        BytesPushed = wire.BytesPushed,
        RowsKept = wire.RowsKept,
        BytesKept = wire.BytesKept,
        PushesSent = wire.PushesSent,
        PushesApplied = wire.PushesApplied,
        PushesRejected = wire.PushesRejected.ToDictionary(),
    };
}
