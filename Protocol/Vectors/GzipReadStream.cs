using System.IO.Compression;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Unpacks gzip and notices when the packed bytes stop before their end. <see cref="GZipStream"/> alone takes a file that was cut for a whole one. So the packed bytes
/// get one more gzip member with known content behind them: only if everything before it is whole does the unpacked stream end with that content, which is
/// checked and held back here.
/// </summary>
internal sealed class GzipReadStream(Stream packed) : Stream
{
    private const int MarkLength = 16;
    private static readonly byte[] s_mark = [0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15, 0xbf, 0x58, 0x47, 0x6d, 0x1c, 0xe4, 0xe5, 0xb9];
    private static readonly byte[] s_packedMark = Pack(s_mark);

    private readonly GZipStream _unpacked = new(new Appended(packed, s_packedMark), CompressionMode.Decompress);
    private readonly byte[] _buffer = new byte[(1 << 16) + MarkLength];
    private int _start;
    private int _end;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">The packed bytes are damaged, cut, or followed by others.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_end - _start <= MarkLength && !_ended)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            int read = _unpacked.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _ended = read == 0;
            if (_ended && !_buffer.AsSpan(_start, _end - _start).SequenceEqual(s_mark))
                throw new InvalidDataException("The gzip stream does not end where the file ends.");
        }
        int given = Math.Min(buffer.Length, Math.Max(0, _end - _start - MarkLength));
        _buffer.AsSpan(_start, given).CopyTo(buffer);
        _start += given;
        return given;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _unpacked.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Pack(byte[] content)
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return bytes.ToArray();
    }

    /// <summary>A stream followed by some more bytes.</summary>
    private sealed class Appended(Stream first, byte[] last) : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int read = first.Read(buffer);
            if (read > 0)
                return read;
            read = Math.Min(buffer.Length, last.Length - _given);
            last.AsSpan(_given, read).CopyTo(buffer);
            _given += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                first.Dispose();
            base.Dispose(disposing);
        }
    }
}
