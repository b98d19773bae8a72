using System.Buffers;
using System.Text.Json;
using CsCheck;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Serialization;

public sealed class RowFramesTests
{
    private const int Shard = 4;

    private static readonly int[] Dimensions = [2, 1];

    private static readonly RowFrames Frames = new(Dimensions);

    private static readonly PullId Id = new("w", 5);

    private static readonly RowsPulled Pulled = new(Id, Shard, 0, 1, [new RowValues(0, 0, 3, new[] { 1f, 2f, 0.5f, -1f }) { Unchanged = [0b010] }]);

    /// <summary>A message of each kind, and its frame: prefix, header, payload.</summary>
    private static readonly (object Message, string Hex)[] Golden =
    [
        (new RowHello(4, "c", "r", "w", 3) { Memory = 258 }, "1900000000000000 01 00 0400 44455250 04000000 0100 63 0100 72 0100 77 03000000 02010000"),
        (new RowWelcome(SharesMemory: true), "0100000000000000 02 00 0400 01"),
        (new RowRefused("no"), "0400000000000000 03 00 0400 0200 6E6F"),
        (new PullRows(Id, 2, [new RowIds(0, [1, 3]) { Known = [0, 7] }]) { Generation = 1 },
            "3000000000000000 04 00 0400 0100 77 0500000000000000 02000000 01000000 01000000 00000000 02000000 01 01000000 03000000 00000000 07000000"),
        (Pulled, "2500000010000000 05 00 0400 0100 77 0500000000000000 00000000 01000000 01000000 00000000 00000000 03000000 01 02 0000803F 00000040 0000003F 000080BF"),
        (Pulled with { Format = RowFormat.Half },
            "2500000008000000 05 01 0400 0100 77 0500000000000000 00000000 01000000 01000000 00000000 00000000 03000000 01 02 803F 0040 003F 80BF"),
        (new PullRefused(Id, Shard, RefusalReason.TooLate) { Generation = 1 }, "1000000000000000 06 00 0400 0100 77 0500000000000000 03 01000000"),
        (new PushRows("w", 2, 1, 0, 1, [new RowGradients(1, [7], new[] { 2f })]) { Generation = 1 },
            "2700000004000000 07 00 0400 0100 77 02000000 01000000 01000000 00000000 01000000 01000000 01000000 01000000 07000000 00000040"),
        (new PushAcknowledged(Shard, 2, 1, 0) { Generation = 1 }, "1000000000000000 08 00 0400 02000000 01000000 00000000 01000000"),
        (new PushRefused(Shard, 2, 1, 0, RefusalReason.Malformed) { Generation = 1 }, "1100000000000000 09 00 0400 02000000 01000000 00000000 01 01000000"),
    ];

    [Fact]
    public void Every_kind_is_written_in_its_bytes_and_read_again()
    {
        foreach ((object message, string hex) in Golden)
        {
            byte[] bytes = Bytes(message);
            Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(bytes));
            RowFrame read = Frames.Decode(bytes);
            Assert.Equal(Shard, read.Shard);
            Assert.Equal(Show(message), Show(read.Message));
        }

        Assert.Equal(Enum.GetValues<RowFrameKind>(), Golden.Select(g => (RowFrameKind)Bytes(g.Message)[8]).Distinct());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Gen<string> text = Gen.String[Gen.Char['\u0020', '\u0fff'], 0, 20];
        Gen<int> number = Gen.Int[0, int.MaxValue - 1];
        Gen<RowFormat> format = Gen.OneOfConst(RowFormat.Full, RowFormat.Half);
        // Half of any bits: what is rounded to 16 bits survives either format.
        Gen<float> value = Gen.UInt.Select(bits => BitConverter.UInt32BitsToSingle(bits & 0x7FFF0000));
        Gen<PullId> id = Gen.Select(text, Gen.Long, (worker, sequence) => new PullId(worker, sequence));
        Gen<int[]> rows = number.Array[0, 12];
        Gen<RowIds> ids = Gen.Select(Gen.Int[0, 1], rows, Gen.Bool, (table, r, known) => new RowIds(table, r) { Known = known ? r : null });
        Gen<RowValues> values = Gen.Select(Gen.Int[0, 1], number, Gen.Bool.Array[0, 20], Gen.Bool, value.Array[40], (table, start, same, some, v) =>
        {
            byte[] bits = new byte[(same.Length + 7) / 8];
            for (int i = 0; i < same.Length; i++)
                bits[i / 8] |= (byte)(same[i] ? 1 << (i % 8) : 0);
            return new RowValues(table, start, same.Length, v) { Unchanged = some ? bits : null };
        });
        Gen<RowGradients> gradients = Gen.Select(Gen.Int[0, 1], rows, value.Array[24], (table, r, v) => new RowGradients(table, r, v));
        Gen<object> message = Gen.OneOf(
            Gen.Select(id, number, ids.Array[0, 2], number, format, (i, step, t, g, f) => (object)new PullRows(i, step, t) { Generation = g, Format = f }),
            Gen.Select(id, Gen.Int[0, 9], values.Array[0, 2], format, (i, part, v, f) => (object)new RowsPulled(i, Shard, part, 10, v) { Format = f }),
            Gen.Select(text, number, number, gradients.Array[0, 2], Gen.Select(number, format), (w, step, slice, v, gf) =>
                (object)new PushRows(w, step, slice, 1, 2, v) { Generation = gf.Item1, Format = gf.Item2 }));
        message.Sample(m => Show(m) == Show(Frames.Decode(Bytes(m)).Message), print: Show);
    }

    [Theory]
    [InlineData(RowFormat.Full)]
    [InlineData(RowFormat.Half)]
    public void Parts_of_arrays_are_written_and_read_to_where_they_are_wanted(RowFormat format)
    {
        float[] source = [9, 9, 9, 1, 2, 4, 8, 9];
        var push = new PushRows("w", 2, 1, 0, 1, [new RowGradients(1, [7, 8], source.AsMemory(4))]) { Format = format };
        var read = (PushRows)Frames.Decode(Bytes(push)).Message;
        Assert.Equal([2f, 4], read.Gradients[0].Values.ToArray());

        var scattered = new PushRows("w", 2, 1, 0, 1, [new RowGradients(0, [3, 7, 8, 9], source) { Places = [1, 2, 3, 0] }, new RowGradients(1, [3], source) { Places = [5] }]) { Format = format };
        read = (PushRows)Frames.Decode(Bytes(scattered)).Message;
        Assert.Equal([[9f, 1, 2, 4, 8, 9, 9, 9], [4f]], read.Gradients.Select(g => g.Values.ToArray()));
        Assert.All(read.Gradients, g => Assert.Null(g.Places));

        var wanted = new Wanted(new float[10]);
        var frames = new RowFrames(Dimensions) { Destinations = id => id == Id ? wanted : null };
        var pulled = new RowsPulled(Id, Shard, 1, 3, [new RowValues(0, 5, 2, source.AsMemory(3)), new RowValues(1, 7, 2, source) { Unchanged = [0b10] }]) { Format = format };
        RowValues[] values = [.. ((RowsPulled)frames.Decode(Bytes(pulled)).Message).Values];
        Assert.Equal([(Shard, 1, 0, 5, 2)], wanted.Asked); // a run that lacks rows lies elsewhere
        Assert.Equal(wanted.Array.AsMemory(6, 4), values[0].Values);
        Assert.Equal([0f, 0, 0, 0, 0, 0, 1, 2, 4, 8], wanted.Array);
        Assert.Equal([9f], values[1].Values.ToArray());
        Assert.DoesNotContain(((RowsPulled)frames.Decode(Bytes(pulled with { Id = new PullId("other", 1) })).Message).Values, v => RowMemory.ArrayOf(v.Values) == wanted.Array);
    }

    [Fact]
    public void Values_that_lie_in_a_slot_stay_there_unless_they_are_wanted_elsewhere()
    {
        float[] source = [1, 2, 4, 8, 9], payload = [.. source];
        var push = new PushRows("w", 2, 1, 0, 1, [new RowGradients(0, [7, 8], source), new RowGradients(1, [3], source)]);
        Assert.Equal([payload.AsMemory(0, 4), payload.AsMemory(4, 1)], Lying(Frames, push).Blocks);

        var wanted = new Wanted(new float[10]);
        var frames = new RowFrames(Dimensions) { Destinations = _ => wanted };
        var pulled = new RowsPulled(Id, Shard, 1, 3, [new RowValues(0, 5, 2, source), new RowValues(1, 7, 2, source) { Unchanged = [0b10] }]);
        Assert.Equal([wanted.Array.AsMemory(6, 4), payload.AsMemory(4, 1)], Lying(frames, pulled).Blocks);
        Assert.Contains("not shared", Assert.Throws<RowFrameException>(() => Frames.Decode(InSlot(push, out _))).Message, StringComparison.Ordinal);

        RowFrame Lying(RowFrames of, object message)
        {
            byte[] bytes = InSlot(message, out RowFramePrefix prefix);
            Assert.Equal(prefix, RowFramePrefix.Read(bytes));
            return of.Read(prefix, bytes.AsSpan(RowFramePrefix.Size, prefix.HeaderBytes), payload);
        }
    }

    private static byte[] InSlot(object message, out RowFramePrefix prefix)
    {
        byte[] bytes = Bytes(message);
        prefix = RowFramePrefix.Read(bytes) with { Slot = RowFramePrefix.MaxSlot };
        prefix.Write(bytes);
        return bytes;
    }

    private sealed class Wanted(float[] array) : IRowDestination
    {
        public float[] Array { get; } = array;

        public List<(int, int, int, int, int)> Asked { get; } = [];

        public Memory<float> Take(int shard, int part, int table, int start, int count)
        {
            Asked.Add((shard, part, table, start, count));
            return Array.AsMemory(6, 4);
        }
    }

    [Fact]
    public void Garbled_frames_are_refused_and_cost_little()
    {
        FuzzCount count = Fuzz.Run<RowFrameException>([.. Golden.Select(golden => Bytes(golden.Message))], bytes => Frames.Decode(bytes), WithLengths);
        count.ExpectShares(taken: 0.01);
    }

    [Fact]
    public void Garbled_greetings_are_refused_and_cost_little()
    {
        // All that a listener takes of a connection before it knows who is there.
        byte[][] good = [Bytes(new RowHello(NodeProtocol.Version, "cluster", "run", "worker", 3)), Bytes(new RowHello(NodeProtocol.Version + 1, "c", "r", "w", 0)), Bytes(new RowWelcome(SharesMemory: false)), Bytes(new RowRefused("no"))];
        var unknown = new RowFrames([]);
        FuzzCount count = Fuzz.Run<RowFrameException>(good, bytes => unknown.Decode(bytes), WithLengths);
        count.ExpectShares(taken: 0.01);
    }

    /// <summary>Lengths that agree, so that what is inside is looked at.</summary>
    private static byte[] WithLengths(byte[] bytes)
    {
        if (bytes.Length < RowFramePrefix.Size)
            return bytes;
        int payload = bytes[8] is (byte)RowFrameKind.PushRows or (byte)RowFrameKind.RowsPulled ? Math.Min(bytes.Length % 5 * 4, bytes.Length - RowFramePrefix.Size) : 0;
        BitConverter.TryWriteBytes(bytes.AsSpan(4), payload);
        BitConverter.TryWriteBytes(bytes, bytes.Length - RowFramePrefix.Size - payload);
        return bytes;
    }

    [Theory]
    [InlineData("FFFFFF7F00000000 04 00 0000", "header of 2147483647")]
    [InlineData("00000000FFFFFF7F 07 00 0000", "payload of 2147483647")]
    [InlineData("0000000000000080 07 00 0000", "payload of -2147483648")]
    [InlineData("0000000004000000 08 00 0000", "carries no row values")]
    [InlineData("0000000000000000 0A 00 0000", "kind of frame 10")]
    [InlineData("0000000000000000 04 02 0000", "format of values 2")]
    [InlineData("0000000000000000 07 08 0000", "slot 2 is named for no row values")]
    public void A_prefix_that_promises_nonsense_is_refused(string hex, string why)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains(why, Assert.Throws<RowFrameException>(() => RowFramePrefix.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_or_block_that_is_not_one_of_their_number_is_refused()
    {
        var push = new PushRows("w", 2, 1, 0, 2, []);
        (object Message, string Why)[] refused =
        [
            (Pulled with { Part = 1, Parts = 1 }, "part 1 of 1"),
            (Pulled with { Part = 3, Parts = 2 }, "part 3 of 2"),
            (push with { Block = 2 }, "part 2 of 2"),
            (push with { Block = 0, Blocks = 0 }, "part 0 of 0"),
        ];
        foreach ((object message, string why) in refused)
            Assert.Equal(why, Assert.Throws<RowFrameException>(() => Frames.Decode(Bytes(message))).Message);
        Frames.Decode(Bytes(push with { Block = 1 }));
    }

    [Fact]
    public void A_mark_of_an_unchanged_row_behind_the_last_row_is_refused()
    {
        RowsPulled beyond = Pulled with { Values = [new RowValues(0, 0, 3, new float[6]) { Unchanged = [0b1010] }] };
        Assert.Equal("bits are set for rows that are not there", Assert.Throws<RowFrameException>(() => Frames.Decode(Bytes(beyond))).Message);
    }

    private static byte[] Bytes(object message)
    {
        var output = new ArrayBufferWriter<byte>();
        var payload = new List<Memory<float>>();
        RowFramePrefix prefix = Frames.Write(Shard, message, output, payload);
        foreach (Memory<float> block in payload)
        {
            int length = block.Length * RowPayload.BytesOf(prefix.Format);
            RowPayload.Write(prefix.Format, block.Span, output.GetSpan(Math.Max(1, length)));
            output.Advance(length);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>All that a message says; of its arrays, which may be longer, the part that counts.</summary>
    private static string Show(object message) => JsonSerializer.Serialize(message switch
    {
        RowsPulled pulled => pulled with
        {
            Values = [.. pulled.Values.Select(v => v with
            {
                Values = v.Values[..(Enumerable.Range(0, v.Count).Count(i => !v.IsUnchanged(i)) * Dimensions[v.Table])],
            })],
        },
        PushRows push => push with { Gradients = [.. push.Gradients.Select(g => g with { Values = g.Values[..(g.Rows.Length * Dimensions[g.Table])] })] },
        _ => message,
    }, message.GetType(), s_json);

    private static readonly JsonSerializerOptions s_json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
