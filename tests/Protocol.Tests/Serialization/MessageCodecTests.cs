using System.Collections;
using System.Reflection;
using System.Text;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Serialization;

public class MessageCodecTests
{
    private static readonly PlanChange s_change = new(7, "conv", true, 0.5, "ann", new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero));

    private static readonly RunDescription s_run = new(
        "run-1", "{\"name\":\"ü\"}", "f00d",
        [
            new("embedding", "embedding", 1000, 300, new RowInit.Uniform(0.25f, 1), false) { PaddingRow = 0 },
            new("channel", "embedding", 1000, 300, new RowInit.CopyOf("embedding"), false) { AlwaysFrozen = true },
            new("out", "out", 2, 300, new RowInit.Zero(), true) { MaxNorm = 3 },
        ],
        12, 120, 300, null, "d1", null, [s_change, s_change with { Frozen = null, LearningRate = null }], 3, [new(0, "s-1", "10.0.0.1:5"), new(1, "s-2", "[::1]:6")]);

    /// <summary>One of every message that has bytes.</summary>
    private static readonly object[] s_messages =
    [
        new WorkerReady("w"), new GrantLease(1, 8, [0, 3]) { Generation = 2 },
        new SliceCompleted("w", 1, 2, 0.5, 4, 3, 1L << 40, 50, new RowTraffic(1, 2, 3, 4, 5) { RowsKept = 6, BytesKept = 7 }) { Generation = 2, GradientSquares = [0.5, double.NaN], Judged = 6 },
        new EvaluateChunks(EvaluationPart.Test, 3, [1, 2]) { Generation = 1 }, new ChunkEvaluated("w", EvaluationPart.Dev, 3, 1, 0.25, 64, [60, 64]) { Generation = 1 }, new NodeFailed("n", "why"),
        new ShardReady(3), new RowsAssigned(3), new RestoreShard(5, ["a", "b"]) { Generation = 4 }, new ShardRestored(1, 5, 1L << 33) { Generation = 4 }, new StepsSettled(9),
        new WriteShard(5, "dir", "f00d"), new SnapshotTaken(1, 5),
        new ShardWritten(
            1, 5, new ShardFileInfo("shard-1", 1L << 35, "abcd"), [new Dictionary<int, byte[]> { [3] = Digest(3), [1023] = Digest(4) }, new Dictionary<int, byte[]>()],
            new PushCounters(5, 6, new Dictionary<RefusalReason, long> { [RefusalReason.TooLate] = 7 }, 8)),
        new LoadRows("artifact"),
        new StopRun("ann", "s-1"), new PauseRun("ann"), new ResumeRun("ann"), new TakeCheckpoint("ann"), new ChangeGroup("conv", null, 0.1, "ann", s_change.At), new DrainWorker("w", "ann"),
        new CommandAccepted(4), new CommandRefused("no"), new ChangePlan(s_change), new PlanChanged(1, 2),
        new WorkerReport("w", WorkerActivity.Computing, 1, 2, [0, 1], 3, 4, 5, 6), new ShardReport(1, 2, [3], 4, 5, 6, 7, 8, 9),
        new NodeJoin("w-1", NodeRole.Worker, 1, "0.1.0", null), new NodeJoin("s-1", NodeRole.Server, 1, "0.1.0", "h:1"), new NodeAccepted("c-1", "https://h:1"), new NodeRefused("no"),
        new HostShards(s_run, [0, 1]), new HostWorker(s_run with { EmbeddingRange = 0.5f, RowsArtifact = "r1", ClassesArtifact = "c1" }, "w"), new HostRefused("w-1", "run-1", "no AVX2"),
        new EndRun("run-1"), new LeaveCluster("drained"), new NextPhase("ann", s_change.At), new ChangePlan(s_change with { Group = "", Frozen = null, LearningRate = null, BeginsPhase = 2 }),
    ];

    /// <summary>Records of Protocol/Messages that are parts of messages, or travel otherwise: rows on the row plane, AssignRows within one process.</summary>
    private static readonly Type[] s_notSent =
    [
        typeof(PullId), typeof(RowIds), typeof(RowValues), typeof(RowGradients), typeof(PullRows), typeof(RowsPulled), typeof(PullRefused), typeof(PushRows), typeof(PushAcknowledged), typeof(PushRefused),
        typeof(AssignRows), typeof(PushCounters), typeof(RowTraffic), typeof(RunDescription), typeof(ShardPlace),
    ];

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        foreach (object message in s_messages)
            Assert.Equal(Shape(message), Shape(MessageCodec.Read(MessageCodec.ManifestOf(message), MessageCodec.Write(message))));
        Assert.Equal(MessageCodec.Messages.Select(t => t.Name).Order(), s_messages.Select(m => m.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void Every_record_of_the_messages_has_a_manifest_or_a_reason_to_have_none()
    {
        Type[] records = [.. typeof(PullRows).Assembly.GetExportedTypes().Where(t => t.Namespace == typeof(PullRows).Namespace && !t.IsEnum && !(t.IsAbstract && t.IsSealed))];
        Assert.Equal(records.Select(t => t.Name).Order(), MessageCodec.Messages.Concat(s_notSent).Select(t => t.Name).Order());
        Assert.Contains("AssignRows", Assert.Throws<ArgumentException>(() => MessageCodec.Write(new AssignRows(0, [1], [1f]))).Message, StringComparison.Ordinal);
    }

    // Nodes of one protocol version understand each other: when these change, NodeProtocol.Version has to go up.
    [Theory]
    [InlineData(1, "w-lease", "94-01-08-92-00-03-02")]
    [InlineData(22, "c-no", "91-A2-6E-6F")]
    [InlineData(27, "n-join", "95-A3-77-2D-31-02-01-A5-30-2E-31-2E-30-C0")]
    public void Bytes_are_golden(int index, string manifest, string bytes)
    {
        Assert.Equal(manifest, MessageCodec.ManifestOf(s_messages[index]));
        Assert.Equal(bytes, BitConverter.ToString(MessageCodec.Write(s_messages[index])));
    }

    [Fact]
    public void Unknown_manifests_cut_bytes_and_trailing_bytes_are_malformed()
    {
        Assert.Throws<MalformedMessageException>(() => MessageCodec.Read("System.Object", Array.Empty<byte>()));
        foreach (object message in s_messages)
        {
            string manifest = MessageCodec.ManifestOf(message);
            byte[] bytes = MessageCodec.Write(message);
            Assert.Throws<MalformedMessageException>(() => MessageCodec.Read(manifest, bytes.AsMemory(0, bytes.Length - 1)));
            Assert.Throws<MalformedMessageException>(() => MessageCodec.Read(manifest, (byte[])[.. bytes, 0]));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Slots.Count)]
    public void A_digest_of_a_slot_that_does_not_exist_is_malformed(int slot)
    {
        var written = new ShardWritten(
            1, 5, new ShardFileInfo("shard-1", 1, "abcd"), [new Dictionary<int, byte[]> { [slot] = Digest(3) }], new PushCounters(5, 6, new Dictionary<RefusalReason, long>(), 8));
        byte[] bytes = MessageCodec.Write(written);
        Assert.Throws<MalformedMessageException>(() => MessageCodec.Read(MessageCodec.ManifestOf(written), bytes));
    }

    [Fact]
    public void A_length_that_the_bytes_do_not_pay_for_allocates_nothing()
    {
        // Arrays, maps, texts and binary data of 2^31-1 and more.
        byte[][] lies = [[0x94, 1, 8, 0xDD, 0x7F, 0xFF, 0xFF, 0xFF], [0x94, 1, 8, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0x94, 0xDB, 0x7F, 0xFF, 0xFF, 0xFF], [0xDF, 0x7F, 0xFF, 0xFF, 0xFF], [0xC6, 0x7F, 0xFF, 0xFF, 0xFF]];
        foreach (byte[] lie in lies)
        {
            Assert.Throws<MalformedMessageException>(() => MessageCodec.Read("w-lease", lie));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<MalformedMessageException>(() => MessageCodec.Read("w-lease", lie));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }
    }

    [Fact]
    public void Whatever_comes_in_is_a_message_or_malformed()
    {
        // The manifest travels beside the bytes: here it stands before them, so that it is mutated too.
        byte[][] good = [.. s_messages.Select(message => (byte[])[.. Encoding.UTF8.GetBytes(MessageCodec.ManifestOf(message)), 0, .. MessageCodec.Write(message)])];
        FuzzCount count = Fuzz.Run<MalformedMessageException>(good, bytes =>
        {
            int end = Math.Max(0, Array.IndexOf(bytes, (byte)0));
            MessageCodec.Read(Encoding.UTF8.GetString(bytes, 0, end), bytes.AsMemory(Math.Min(bytes.Length, end + 1)));
        });
        count.ExpectShares(taken: 0.01);
    }

    private static byte[] Digest(byte fill) => [.. Enumerable.Repeat(fill, 32)];

    /// <summary>Types and values of everything in it: records compare their lists by reference.</summary>
    private static string Shape(object? value) => value switch
    {
        null => "null",
        DateTimeOffset time => time.ToString("o"),
        IConvertible number => $"{number.GetType().Name} {number}",
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Order().Select(key => $"{key}: {Shape(map[key])}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Shape))}]",
        _ => $"{value.GetType().Name}({string.Join(", ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => $"{p.Name}={Shape(p.GetValue(value))}"))})",
    };
}
