using System.Security.Cryptography;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

/// <summary>Plays workers, shards and disk for a <see cref="RunState"/>: takes its effects, and answers them one at a time.</summary>
internal sealed class RunDriver
{
    public const int Slices = 2, Shards = 2;

    private readonly RunPlan _plan;
    private readonly Queue<(string From, Func<IReadOnlyList<RunEffect>> Answer)> _answers = new();
    private int _startedAt;

    public RunDriver(RunPlan plan, params string[] workers)
    {
        _plan = plan;
        State = new RunState(plan, workers.Length, Shards);
        for (int shard = 0; shard < Shards; shard++)
            Take(State.OnShardReady(shard, Now));
        foreach (string worker in workers)
            Join(worker);
    }

    public RunState State { get; }

    public TimeSpan Now { get; set; }

    /// <summary>Accuracy on dev after a step.</summary>
    public Func<int, double> Accuracy { get; init; } = step => step / 1000.0;

    public long Duplicates { get; set; }

    public List<RunEvent> Events { get; } = [];

    public List<(string Worker, GrantLease Lease, int SettledThen)> Leases { get; } = [];

    public List<(string Worker, EvaluateChunks Chunks)> Evaluations { get; } = [];

    public List<RunEffect.CommitCheckpoint> Commits { get; } = [];

    public List<int> Restores { get; } = [];

    public HashSet<string> Lost { get; } = [];

    /// <summary>Changes as they were sent to the shards.</summary>
    public List<PlanChange> Sent { get; } = [];

    public List<(string Worker, PlanChange Change)> WorkersKnow { get; } = [];

    /// <summary>Answers to commands.</summary>
    public List<object> Answers { get; } = [];

    public List<string> Drained { get; } = [];

    public RunOutcome Outcome => Assert.Single(Events.OfType<RunEvent.Finished>()).Outcome;

    public static RunPlan Plan(
        int steps, int? evaluateEvery = null, int? checkpointEvery = null, int? patience = null, bool keepBest = true, int test = 70, CheckpointManifest? resume = null) => new()
        {
            Job = new JobSpec
            {
                Name = "driven",
                Data = new PlainTextData { Files = ["none"] },
                Model = new BagSpec(),
                Training = new TrainingSpec { Slices = Slices, Steps = steps },
                Evaluation = new EvaluationSpec { EverySteps = evaluateEvery, Patience = patience, KeepBest = keepBest },
                Checkpoints = new CheckpointSpec { EverySteps = checkpointEvery },
            },
            Fingerprint = "f00d",
            StepsPerEpoch = 4,
            TotalSteps = steps,
            DevExamples = evaluateEvery is null ? 0 : 130,
            TestExamples = test,
            Measures = MeasureSet.Accuracy,
            Tables = [new TablePlan(new TableSpec("t", "g", 4, 2, new RowInit.Zero(), true), new SgdSpec(), new GroupTimeline("g", new SgdSpec(), steps, 3))],
            ResumeFrom = resume,
        };

    public void Join(string worker) => Take(State.OnWorkerReady(worker, Now));

    public void Lose(string worker)
    {
        Lost.Add(worker);
        Take(State.OnWorkerLost(worker, Now));
    }

    public void Stop() => Take(State.OnStop(new StopRun("ann"), Now));

    /// <summary>Answers until nothing is left, the run is over or <paramref name="until"/> holds.</summary>
    public RunDriver Run(Func<bool>? until = null)
    {
        while (!State.IsOver && until?.Invoke() != true && Answer())
        {
        }

        return this;
    }

    /// <summary>Gives one answer; false: there is none.</summary>
    public bool Answer()
    {
        if (!_answers.TryDequeue(out (string From, Func<IReadOnlyList<RunEffect>> Answer) next))
            return false;
        if (!Lost.Contains(next.From))
            Take(next.Answer());
        return true;
    }

    public void Take(IReadOnlyList<RunEffect> effects)
    {
        foreach (RunEffect effect in effects)
        {
            switch (effect)
            {
                case RunEffect.ToWorker { Message: GrantLease lease } to:
                    Leases.Add((to.Worker, lease, State.SettledStep));
                    foreach (int slice in lease.Slices)
                    {
                        for (int step = lease.FirstStep; step <= lease.LastStep; step++)
                            Later(to.Worker, Completed(to.Worker, step, slice));
                    }

                    break;
                case RunEffect.ToWorker { Message: EvaluateChunks chunks } to:
                    Evaluations.Add((to.Worker, chunks));
                    foreach (int chunk in chunks.Chunks)
                    {
                        int all = chunks.Part == EvaluationPart.Dev ? _plan.DevExamples : _plan.TestExamples;
                        int examples = Math.Min(EvaluateChunks.ChunkSize, all - chunk * EvaluateChunks.ChunkSize);
                        // The right ones are spread over the chunks so that their sum is the wanted fraction.
                        int right = (int)Math.Round(Accuracy(chunks.Step) * all);
                        int before = Math.Min(right, chunk * EvaluateChunks.ChunkSize);
                        var done = new ChunkEvaluated(to.Worker, chunks.Part, chunks.Step, chunk, examples * 0.5, examples, [Math.Min(right - before, examples), examples]) { Generation = chunks.Generation };
                        Later(to.Worker, () => State.OnChunkEvaluated(done, Now));
                    }

                    break;
                case RunEffect.ToShards { Message: WriteShard write }:
                    for (int shard = 0; shard < Shards; shard++)
                    {
                        int s = shard;
                        Later("", () => State.OnSnapshotTaken(new SnapshotTaken(s, write.Step), Now));
                        Later("", () => State.OnShardWritten(Written(s, write.Step, _startedAt, s == 0 ? Duplicates : 0), Now));
                    }

                    break;
                case RunEffect.ToShards { Message: ChangePlan change }:
                    Sent.Add(change.Change);
                    for (int shard = 0; shard < Shards; shard++)
                    {
                        int s = shard, made = Sent.Distinct().Count();
                        Later("", () => State.OnPlanChanged(new PlanChanged(s, made), Now));
                    }

                    break;
                case RunEffect.ToWorker { Message: ChangePlan change } to:
                    WorkersKnow.Add((to.Worker, change.Change));
                    break;
                case RunEffect.Answer answer:
                    Answers.Add(answer.Message);
                    break;
                case RunEffect.WorkerDrained drained:
                    Drained.Add(drained.Worker);
                    break;
                case RunEffect.ToShards { Message: StepsSettled settled }:
                    Assert.Equal(State.SettledStep, settled.Step);
                    break;
                case RunEffect.SeedShards:
                    Later("", () => State.OnSeeded(Now));
                    break;
                case RunEffect.RestoreShards restore:
                    Restores.Add(restore.Step);
                    for (int shard = 0; shard < Shards; shard++)
                    {
                        int s = shard;
                        Later("", () => State.OnRestored(new ShardRestored(s, restore.Step, 4) { Generation = restore.Generation }, Now));
                    }

                    break;
                case RunEffect.BeginCheckpoint begin:
                    Later("", () => State.OnCheckpointBegun(begin.Step, "folder", Now));
                    break;
                case RunEffect.CommitCheckpoint commit:
                    Commits.Add(commit);
                    Later("", () => State.OnCheckpointCommitted(commit.Manifest.Step, Now));
                    break;
                case RunEffect.Publish publish:
                    if (publish.Event is RunEvent.Started started)
                        _startedAt = started.Step;
                    Events.Add(publish.Event);
                    break;
                default:
                    throw new InvalidOperationException(effect.ToString());
            }
        }
    }

    public static ShardWritten Written(int shard, int step, int startedAt = 0, long duplicates = 0) => new(
        shard, step, new ShardFileInfo($"shard-{shard}", 1, ""), [new Dictionary<int, byte[]> { [shard] = SHA256.HashData(BitConverter.GetBytes(step)) }],
        new PushCounters((step - startedAt) * Slices, duplicates, new Dictionary<RefusalReason, long>(), 0));

    private Func<IReadOnlyList<RunEffect>> Completed(string worker, int step, int slice) => () =>
        State.OnSliceCompleted(new SliceCompleted(worker, step, slice, 1, 2, 1, 10, 2, new RowTraffic(6, 4, 60, 40, Shards)), Now);

    private void Later(string from, Func<IReadOnlyList<RunEffect>> answer) => _answers.Enqueue((from, answer));
}
