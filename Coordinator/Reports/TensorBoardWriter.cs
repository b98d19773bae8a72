using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Reports;

/// <summary>
/// Writes TensorBoard event files with scalars. A file is a sequence of TFRecord frames (length uint64, masked CRC-32C of the length, data, masked CRC-32C of
/// the data; little-endian), each with a protocol buffer <c>Event</c> (tensorflow/core/util/event.proto), of which the few fields used are encoded here:
/// 1 wall_time double, 2 step int64, 3 file_version string, 5 summary { 1 value { 1 tag string, 2 simple_value float } }, 7 session_log { 1 status enum }.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private const int VarInt = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

    private readonly FileStream _stream;

    private TensorBoardWriter(FileStream stream) => _stream = stream;

    /// <summary>Starts another event file in a directory, which is made if need be.</summary>
    /// <param name="directory">TensorBoard's log directory of the run.</param>
    /// <param name="now">Wall time: names the file and stamps its first events.</param>
    /// <param name="resumedStep">
    /// The step after which a run was resumed: TensorBoard then drops what earlier files hold of later steps. Null: a new run.
    /// </param>
    public static TensorBoardWriter Create(string directory, DateTimeOffset now, int? resumedStep = null)
    {
        Directory.CreateDirectory(directory);
        // TensorBoard reads the files of a directory in the order of their names, so two of the same second are numbered.
        for (int number = 0; ; number++)
        {
            string path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{now.ToUnixTimeSeconds():D10}.{number:D3}.distembed"));
            FileStream stream;
            try
            {
                stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 1 << 14);
            }
            catch (IOException) when (File.Exists(path))
            {
                continue;
            }

            var writer = new TensorBoardWriter(stream);
            writer.Append(now, null, e => Text(e, 3, "brain.Event:2"));
            if (resumedStep is { } step)
                writer.Append(now, step + 1, e => Message(e, 7, log => Integer(log, 1, 1)));
            writer.Flush();
            return writer;
        }
    }

    /// <summary>Adds a point to a curve.</summary>
    /// <param name="tag">Name of the curve; TensorBoard groups by what stands before the first slash.</param>
    /// <param name="step">The step.</param>
    /// <param name="value">The value, stored in single precision.</param>
    /// <param name="wallTime">When it was measured.</param>
    public void Scalar(string tag, int step, double value, DateTimeOffset wallTime) =>
        Append(wallTime, step, e => Message(e, 5, summary => Message(summary, 1, v =>
        {
            Text(v, 1, tag);
            Key(v, 2, Fixed32);
            Span<byte> number = stackalloc byte[sizeof(float)];
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            v.Write(number);
        })));

    /// <summary>Hands what was added to the system, where TensorBoard sees it.</summary>
    public void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static void Key(MemoryStream target, int field, int wireType) => Number(target, (ulong)(uint)((field << 3) | wireType));

    private static void Number(MemoryStream target, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            target.WriteByte((byte)(value | 0x80));
        target.WriteByte((byte)value);
    }

    private static void Integer(MemoryStream target, int field, long value)
    {
        Key(target, field, VarInt);
        Number(target, (ulong)value);
    }

    private static void Text(MemoryStream target, int field, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        Key(target, field, LengthDelimited);
        Number(target, (ulong)bytes.Length);
        target.Write(bytes);
    }

    private static void Message(MemoryStream target, int field, Action<MemoryStream> write)
    {
        using var inner = new MemoryStream();
        write(inner);
        Key(target, field, LengthDelimited);
        Number(target, (ulong)inner.Length);
        inner.WriteTo(target);
    }

    private void Append(DateTimeOffset wallTime, int? step, Action<MemoryStream> write)
    {
        using var data = new MemoryStream();
        Key(data, 1, Fixed64);
        Span<byte> eight = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, (wallTime - DateTimeOffset.UnixEpoch).TotalSeconds);
        data.Write(eight);
        if (step is { } number)
            Integer(data, 2, number);
        write(data);

        Span<byte> head = stackalloc byte[12];
        Span<byte> tail = stackalloc byte[4];
        ReadOnlySpan<byte> bytes = data.GetBuffer().AsSpan(0, (int)data.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Crc32C.Masked(head[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Crc32C.Masked(bytes));
        _stream.Write(head);
        _stream.Write(bytes);
        _stream.Write(tail);
    }
}
