using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Reports.Html;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Tests.Reports.Html;

/// <summary>A run made up by hand: 40 steps, the embedding frozen until step 20, one live change, labels and words that would like to be markup.</summary>
internal static class SampleRun
{
    /// <summary>A word and a label that would run, were it not encoded.</summary>
    public const string Hostile = "</text><script>document.body.textContent='owned'</script>&\"'\u0001^{up}";

    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static ReportedRun Run(params ReportedStage[] stages) => new()
    {
        Name = "sample",
        JobJson = $"{{ \"name\": \"sample\", \"note\": \"{Hostile}\" }}",
        Fingerprint = new string('a', 64),
        Version = "0.1.0",
        Result = Result,
        Stages = stages.Length == 0 ? [Stage] : stages,
    };

    public static RunResult Result { get; } = new()
    {
        Status = RunStatus.Done,
        Steps = 40,
        Epochs = 4,
        Seconds = 2.5,
        ExamplesPerSecond = 1234,
        WordsPerSecond = 56789,
        WeightsStep = 30,
        Dev = new PartResult(Scores.OfAccuracy(0.625), 1.25, 80),
        Test = new PartResult(Scores.OfAccuracy(0.75), 0.5, 4),
        TableHash = new string('b', 64),
        Tables = new Dictionary<string, string> { ["output"] = new string('d', 64), ["embedding"] = new string('c', 64) },
        RowsPulled = 4000,
        RowsPushed = 2000,
        BytesPulled = 4_000_000,
        BytesPushed = 2_000_000,
        Pushes = new PushCounts(80, 80, new Dictionary<string, long>()),
    };

    public static ReportedStage Stage
    {
        get
        {
            JobSpec job = new()
            {
                Name = "sample",
                Data = new LabelledLinesData { Train = "train.txt" },
                Model = new BagSpec(),
                Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdamSpec() },
                Freeze = [new FreezeSpec { Group = "embedding", UntilStep = 21 }],
            };
            FreezePlan freeze = FreezePlan.Resolve(job, 10, 40);
            var change = new PlanChange(31, "output", true, null, "ana", s_noon);
            freeze.Of("output").Make(change);
            return new ReportedStage
            {
                Name = "sample",
                Job = job,
                Fingerprint = new string('e', 64),
                DataFingerprint = new string('f', 64),
                Freeze = freeze,
                StepsPerEpoch = 10,
                Words = 99,
                Dimension = 8,
                Labels = 2,
                Result = Result,
                Metrics = [.. Enumerable.Range(1, 40).Select(Line)],
                Changes =
                [
                    new ChangeRecord(ChangeKind.Paused, 25, s_noon, "ana"),
                    new ChangeRecord(ChangeKind.Changed, 31, s_noon.AddMinutes(2), Hostile) { Group = "output", Frozen = true },
                    new ChangeRecord(ChangeKind.AttemptLost, 30, s_noon.AddMinutes(3)) { Reason = "server s2 was lost" },
                ],
                Made = [change],
                Checkpoints =
                [
                    new CheckpointManifest
                    {
                        JobFingerprint = new string('e', 64), JobName = "sample", Step = 30, Epoch = 2, Kind = CheckpointKind.Best, Created = s_noon.AddMinutes(1), Shards = 2, Files = [],
                        TableHashes = new Dictionary<string, string>(), Resume = new ResumeState { NextStep = 31 },
                    },
                ],
                Scores = new ReportedScores(new ReportedScore(0.75, 0.3, 0.95), new ReportedScore(0.7333, 0, 1), 0.7667),
                Analysis = new StageAnalysis(30, new string('b', 64),
                    [new MovedWord(Hostile, 12, 1.5, 0.5, new MapPlace(-1, 0), new MapPlace(1, 1)), new MovedWord("calm", 7, 0.5, 0.9, new MapPlace(-1, -1), new MapPlace(0, 0.5))], 0.875, 42)
                {
                    Confusion = new ConfusionCounts(["good", Hostile], [[2, 1], [0, 1]]),
                    Unseen =
                    [
                        new UnseenPart("dev", 1000, 200, new UnseenCount(50, 40), new UnseenCount(0, 0), 0, new ScoredExamples(20, 15), new ScoredExamples(60, 35), []),
                        new UnseenPart("test", 40, 30, new UnseenCount(4, 3), new UnseenCount(2, 1), 1, new ScoredExamples(4, 3), new ScoredExamples(0, 0),
                            [new FrequentUnseen(Hostile, 2, true), new FrequentUnseen("xyzzy", 1, false)]),
                    ],
                },
                Drift =
                [
                    new ReportedDrift("embedding", 30,
                    [
                        Class("all", 99, 57, 0.9), Class("pretrained", 89, 57, 0.8), Class("no vector", 10, 0, null), Class("rank 1-100", 99, 57, 0.9),
                    ]),
                ],
                Probes =
                [
                    new ReportedProbe(Hostile, false, 1234, 4321, [new ReportedProbePoint(0, -0.25), new ReportedProbePoint(20, 0.5), new ReportedProbePoint(30, 0.125), new ReportedProbePoint(40, 0)]),
                    new ReportedProbe("questions", true, 10, 20, [new ReportedProbePoint(0, 0.5), new ReportedProbePoint(30, 0.25), new ReportedProbePoint(40, null)]),
                ],
                Neighbors = [new ReportedNeighbors(Hostile, 0.5, ["calm", "good"], ["good", Hostile]), new ReportedNeighbors("calm", null, ["a"], ["b"])],
                Pairs = [new ReportedPair("good", "bad", 0.77, 0.532), new ReportedPair("calm", Hostile, null, 0.1)],
            };
        }
    }

    private static ReportedDriftClass Class(string name, long rows, long moved, double? mean)
    {
        var spread = new ReportedHistogram([0.5, 0.99], [moved, rows - moved, 0], mean);
        return new ReportedDriftClass(name, rows, moved, spread, spread with { Mean = 0.25 }, spread with { Mean = 1.125 });
    }

    private static MetricsRecord Line(int step) => new()
    {
        Step = step,
        Epoch = (step - 1) / 10,
        Seconds = step / 16.0,
        Loss = 2.0 / step,
        Accuracy = step / 40.0,
        Dev = step % 10 == 0 ? new PartResult(Scores.OfAccuracy(step / 64.0), 3.0 / step, 80) : null,
        ExamplesPerSecond = 1000 + step % 7,
        WordsPerSecond = 9000,
        LearningRates = new Dictionary<string, double> { ["embedding"] = step < 21 ? 0 : 0.5, ["output"] = step < 31 ? 0.01 : 0 },
        RowsPulled = 100 * step,
        RowsPushed = 50 * step,
        BytesPulled = 100_000 * step,
        BytesPushed = 50_000 * step,
        RowsKept = step > 20 ? 10 * (step - 20) : 0,
        BytesKept = step > 20 ? 10_000 * (step - 20) : 0,
    };
}
