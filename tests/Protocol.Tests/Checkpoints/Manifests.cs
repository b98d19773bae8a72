using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Protocol.Tests.Checkpoints;

/// <summary>A manifest with every part filled.</summary>
internal static class Manifests
{
    public const string Job = "00112233";

    public static CheckpointManifest Of(int step, IReadOnlyList<ShardFileInfo> files) => new()
    {
        JobFingerprint = Job,
        JobName = "kim",
        Stage = "tune",
        Step = step,
        Epoch = 1,
        Kind = CheckpointKind.Periodic,
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Shards = files.Count,
        Files = files,
        TableHashes = new Dictionary<string, string> { ["embedding"] = "ab", ["softmax.weight"] = "cd" },
        Resume = new ResumeState
        {
            NextStep = step + 1,
            Evaluations = [new(5, 0, 0.1 + 0.2, Scores.OfAccuracy(0.75)), new(10, 1, double.NaN, new Scores(new("f1", 0.5), new("precision", 0.25)))],
            Best = new(5, 0.75),
            EvaluationsSinceBest = 1,
            Totals = new() { Examples = long.MaxValue, Words = 2, RowsPulled = 3, RowsPushed = 4, BytesPulled = 5, BytesPushed = 6, PushesSent = 9, PushesApplied = 8, PushesRejected = new Dictionary<string, long> { ["stale"] = 1 } },
            ElapsedSeconds = 1e-3,
            Groups = new Dictionary<string, GroupState> { ["embedding"] = new(true, 200), ["static"] = new(true, null), ["softmax"] = new(false, 1) },
        },
    };
}
