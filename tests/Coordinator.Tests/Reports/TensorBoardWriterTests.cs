using System.Buffers.Binary;
using System.Text;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class TensorBoardWriterTests : IDisposable
{
    // Both made by an independent program from the description of the format.
    private const string GoldenHex =
        "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531102100000000000000017becf60900002040fc54d9" +
        "4110ac022a130a110a0a747261696e2f6c6f7373151872313ffdf91423";

    private const string GoldenResumedHex =
        "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110100000000000000095fbfe180900002040fc54d9" +
        "4110ac023a020801b94512a3";

    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_500);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Golden_bytes()
    {
        using (TensorBoardWriter writer = TensorBoardWriter.Create(_folder.Path, s_now))
            writer.Scalar("train/loss", 300, Math.Log(2), s_now);
        Assert.Equal(GoldenHex, Convert.ToHexStringLower(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder.Path)))));
    }

    [Fact]
    public void A_resumed_run_writes_another_file_that_drops_later_steps()
    {
        TensorBoardWriter.Create(_folder.Path, s_now).Dispose();
        TensorBoardWriter.Create(_folder.Path, s_now, resumedStep: 299).Dispose();
        string[] files = [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["events.out.tfevents.1700000000.000.distembed", "events.out.tfevents.1700000000.001.distembed"], files.Select(Path.GetFileName));
        Assert.Equal(GoldenResumedHex, Convert.ToHexStringLower(File.ReadAllBytes(files[1])));
    }

    [Fact]
    public void Scalars_read_back_as_soon_as_they_are_flushed()
    {
        (string Tag, int Step, double Value)[] scalars = [("dev/accuracy", 1, 0.8125), ("größe", 100_000, double.NaN), (new string('x', 300), int.MaxValue, -1e30)];
        using TensorBoardWriter writer = TensorBoardWriter.Create(_folder.Path, s_now);
        foreach ((string tag, int step, double value) in scalars)
            writer.Scalar(tag, step, value, s_now.AddSeconds(step));
        writer.Flush();

        List<Event> events = Read(Assert.Single(Directory.GetFiles(_folder.Path)));

        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal(
            scalars.Select(s => (s.Tag, (long)s.Step, (float)s.Value, 1_700_000_000.5 + s.Step)),
            events.Skip(1).Select(e => (e.Tag!, e.Step, e.Value, e.WallTime)));
    }

    private static List<Event> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var events = new List<Event>();
        while (stream.Position < stream.Length)
        {
            byte[] head = new byte[12], tail = new byte[4];
            stream.ReadExactly(head);
            Assert.Equal(Crc32C.Masked(head.AsSpan(0, 8)), BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)));
            byte[] data = new byte[BinaryPrimitives.ReadInt64LittleEndian(head)];
            stream.ReadExactly(data);
            stream.ReadExactly(tail);
            Assert.Equal(Crc32C.Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(tail));
            Dictionary<int, object> fields = Fields(data);
            Dictionary<int, object>? value = fields.TryGetValue(5, out object? summary) ? Fields((byte[])Fields((byte[])summary)[1]) : null;
            events.Add(new Event(
                (double)fields[1],
                (long)fields.GetValueOrDefault(2, 0L),
                fields.TryGetValue(3, out object? version) ? Encoding.UTF8.GetString((byte[])version) : null,
                value is null ? null : Encoding.UTF8.GetString((byte[])value[1]),
                value is null ? 0 : (float)value[2]));
        }

        return events;
    }

    private static Dictionary<int, object> Fields(byte[] message)
    {
        var fields = new Dictionary<int, object>();
        for (int at = 0; at < message.Length;)
        {
            long key = Number();
            switch (key & 7)
            {
                case 0:
                    fields.Add((int)(key >> 3), Number());
                    break;
                case 1:
                    fields.Add((int)(key >> 3), BitConverter.ToDouble(message, at));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Number();
                    fields.Add((int)(key >> 3), message[at..(at + length)]);
                    at += length;
                    break;
                default:
                    fields.Add((int)(key >> 3), BitConverter.ToSingle(message, at));
                    at += 4;
                    break;
            }

            long Number()
            {
                long value = 0;
                for (int shift = 0; ; shift += 7)
                {
                    byte b = message[at++];
                    value |= (long)(b & 0x7f) << shift;
                    if (b < 0x80)
                        return value;
                }
            }
        }

        return fields;
    }

    private sealed record Event(double WallTime, long Step, string? Version, string? Tag, float Value);
}
