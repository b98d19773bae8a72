using DistEmbed.Protocol.Messages;
using static DistEmbed.Protocol.Serialization.MessageEntry;

namespace DistEmbed.Protocol.Serialization;

/// <summary>
/// Every message that travels on a control connection: its manifest, the number of its fields, how they are written and read. Manifests and the order of fields are the
/// protocol: what changes here changes <see cref="NodeProtocol.Version"/>.
/// </summary>
internal static class MessageTable
{
    public static IReadOnlyList<MessageEntry> Entries { get; } =
    [
        // Work
        Of("w-ready", 1, (ref w, m) => w.Text(m.Worker), (ref r) => new WorkerReady(r.Text())),
        Of("w-lease", 4,
            (ref w, m) => { w.Int(m.FirstStep); w.Int(m.LastStep); w.Ints(m.Slices); w.Int(m.Generation); },
            (ref r) => new GrantLease(r.Int(), r.Int(), r.Ints()) { Generation = r.Int() }),
        Of("w-done", 12,
            (ref w, m) =>
            {
                w.Text(m.Worker); w.Int(m.Step); w.Int(m.Slice); w.Double(m.LossSum); w.Int(m.LossCount); w.Int(m.Correct); w.Long(m.Words); w.Int(m.Examples);
                w.Traffic(m.Traffic); w.Int(m.Generation);
                w.List(m.GradientSquares, static (ref writer, value) => writer.Double(value)); w.Int(m.Judged);
            },
            (ref r) => new SliceCompleted(r.Text(), r.Int(), r.Int(), r.Double(), r.Int(), r.Int(), r.Long(), r.Int(), r.Traffic())
            {
                Generation = r.Int(),
                GradientSquares = r.List(static (ref reader) => reader.Double()),
                Judged = r.Int(),
            }),
        Of("w-eval", 4,
            (ref w, m) => { w.Int((int)m.Part); w.Int(m.Step); w.Ints(m.Chunks); w.Int(m.Generation); },
            (ref r) => new EvaluateChunks(r.OneOf<EvaluationPart>(), r.Int(), r.Ints()) { Generation = r.Int() }),
        Of("w-chunk", 8,
            (ref w, m) =>
            {
                w.Text(m.Worker); w.Int((int)m.Part); w.Int(m.Step); w.Int(m.Chunk); w.Double(m.LossSum); w.Int(m.Examples);
                w.List(m.Sums, static (ref writer, value) => writer.Double(value)); w.Int(m.Generation);
            },
            (ref r) => new ChunkEvaluated(r.Text(), r.OneOf<EvaluationPart>(), r.Int(), r.Int(), r.Double(), r.Int(), r.List(static (ref reader) => reader.Double())) { Generation = r.Int() }),
        Of("w-failed", 2, (ref w, m) => { w.Text(m.Node); w.Text(m.Reason); }, (ref r) => new NodeFailed(r.Text(), r.Text())),

        // Shards
        Of("s-ready", 1, (ref w, m) => w.Int(m.Shard), (ref r) => new ShardReady(r.Int())),
        Of("s-assigned", 1, (ref w, m) => w.Int(m.Shard), (ref r) => new RowsAssigned(r.Int())),
        Of("s-restore", 3,
            (ref w, m) => { w.Int(m.Step); w.Texts(m.Files); w.Int(m.Generation); },
            (ref r) => new RestoreShard(r.Int(), r.Texts()) { Generation = r.Int() }),
        Of("s-restored", 4,
            (ref w, m) => { w.Int(m.Shard); w.Int(m.Step); w.Long(m.Rows); w.Int(m.Generation); },
            (ref r) => new ShardRestored(r.Int(), r.Int(), r.Long()) { Generation = r.Int() }),
        Of("s-settled", 1, (ref w, m) => w.Int(m.Step), (ref r) => new StepsSettled(r.Int())),
        Of("s-write", 3,
            (ref w, m) => { w.Int(m.Step); w.Text(m.Directory); w.Text(m.JobFingerprint); },
            (ref r) => new WriteShard(r.Int(), r.Text(), r.Text())),
        Of("s-taken", 2, (ref w, m) => { w.Int(m.Shard); w.Int(m.Step); }, (ref r) => new SnapshotTaken(r.Int(), r.Int())),
        Of("s-written", 5,
            (ref w, m) => { w.Int(m.Shard); w.Int(m.Step); w.File(m.File); w.List(m.Digests, (ref inner, d) => inner.Digests(d)); w.Counters(m.Counters); },
            (ref r) => new ShardWritten(r.Int(), r.Int(), r.File(), r.AllDigests(), r.Counters())),
        Of("s-load", 1, (ref w, m) => w.Text(m.Artifact), (ref r) => new LoadRows(r.Text())),

        // Control
        Of("c-stop", 2, (ref w, m) => { w.TextOrNull(m.Who); w.TextOrNull(m.Server); }, (ref r) => new StopRun(r.TextOrNull(), r.TextOrNull())),
        Of("c-pause", 1, (ref w, m) => w.Text(m.Who), (ref r) => new PauseRun(r.Text())),
        Of("c-resume", 1, (ref w, m) => w.Text(m.Who), (ref r) => new ResumeRun(r.Text())),
        Of("c-point", 1, (ref w, m) => w.Text(m.Who), (ref r) => new TakeCheckpoint(r.Text())),
        Of("c-group", 5,
            (ref w, m) => { w.Text(m.Group); w.FlagOrNull(m.Frozen); w.DoubleOrNull(m.LearningRate); w.Text(m.Who); w.Time(m.At); },
            (ref r) => new ChangeGroup(r.Text(), r.FlagOrNull(), r.DoubleOrNull(), r.Text(), r.Time())),
        Of("c-phase", 2, (ref w, m) => { w.Text(m.Who); w.Time(m.At); }, (ref r) => new NextPhase(r.Text(), r.Time())),
        Of("c-drain", 2, (ref w, m) => { w.Text(m.Worker); w.Text(m.Who); }, (ref r) => new DrainWorker(r.Text(), r.Text())),
        Of("c-yes", 1, (ref w, m) => w.Int(m.Step), (ref r) => new CommandAccepted(r.Int())),
        Of("c-no", 1, (ref w, m) => w.Text(m.Reason), (ref r) => new CommandRefused(r.Text())),
        Of("c-plan", 1, (ref w, m) => w.Change(m.Change), (ref r) => new ChangePlan(r.Change())),
        Of("c-planned", 2, (ref w, m) => { w.Int(m.Shard); w.Int(m.Changes); }, (ref r) => new PlanChanged(r.Int(), r.Int())),

        // Reports
        Of("r-worker", 9,
            (ref w, m) =>
            {
                w.Text(m.Worker); w.Int((int)m.Doing); w.Int(m.Step); w.Int(m.Slice); w.Ints(m.Shards);
                w.Long(m.RowsPulled); w.Long(m.RowsPushed); w.Long(m.BytesPulled); w.Long(m.BytesPushed);
            },
            (ref r) => new WorkerReport(r.Text(), r.OneOf<WorkerActivity>(), r.Int(), r.Int(), r.Ints(), r.Long(), r.Long(), r.Long(), r.Long())),
        Of("r-shard", 9,
            (ref w, m) =>
            {
                w.Int(m.Shard); w.Int(m.AppliedStep); w.Ints(m.MissingSlices); w.Int(m.WaitingPulls); w.Long(m.StoredRows);
                w.Long(m.RowsRead); w.Long(m.RowsWritten); w.Long(m.BytesRead); w.Long(m.BytesWritten);
            },
            (ref r) => new ShardReport(r.Int(), r.Int(), r.Ints(), r.Int(), r.Long(), r.Long(), r.Long(), r.Long(), r.Long())),

        // Nodes
        Of("n-join", 5,
            (ref w, m) => { w.Text(m.Node); w.Int((int)m.Role); w.Int(m.ProtocolVersion); w.Text(m.ProductVersion); w.TextOrNull(m.RowAddress); },
            (ref r) => new NodeJoin(r.Text(), r.OneOf<NodeRole>(), r.Int(), r.Text(), r.TextOrNull())),
        Of("n-yes", 2, (ref w, m) => { w.Text(m.Coordinator); w.Text(m.FilesAddress); }, (ref r) => new NodeAccepted(r.Text(), r.Text())),
        Of("n-no", 1, (ref w, m) => w.Text(m.Reason), (ref r) => new NodeRefused(r.Text())),
        Of("n-shards", 2, (ref w, m) => { w.Run(m.Run); w.Ints(m.Shards); }, (ref r) => new HostShards(r.Run(), r.Ints())),
        Of("n-worker", 2, (ref w, m) => { w.Run(m.Run); w.Text(m.Worker); }, (ref r) => new HostWorker(r.Run(), r.Text())),
        Of("n-unfit", 3, (ref w, m) => { w.Text(m.Node); w.Text(m.Run); w.Text(m.Reason); }, (ref r) => new HostRefused(r.Text(), r.Text(), r.Text())),
        Of("n-end", 1, (ref w, m) => w.Text(m.Run), (ref r) => new EndRun(r.Text())),
        Of("n-leave", 1, (ref w, m) => w.Text(m.Reason), (ref r) => new LeaveCluster(r.Text())),
    ];
}
