using System.IO.Compression;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Unpacks gzip and notices when the packed bytes stop before their end. <see cref="GZipStream"/> alone takes a file that was cut for a whole one. So the packed bytes
/// get one more gzip member with known content behind them: only if everything before it is whole does the unpacked stream end with that content, which is
/// checked and held back here.
/// </summary>
internal sealed class GzipReadStream : Stream
{
    private const int MarkLength = 16;
    private const string WasCut = "The gzip file was cut.";

    /// <summary>
    /// Bytes of a piece where the file is damaged: .NET keeps what it unpacked of the piece in which it finds the damage.
    /// </summary>
    private const int SmallPiece = 16;

    private static readonly byte[] s_mark = [0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15, 0xbf, 0x58, 0x47, 0x6d, 0x1c, 0xe4, 0xe5, 0xb9];
    private static readonly byte[] s_packedMark = Pack(s_mark);

    private readonly Appended _packed;
    private GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[(1 << 16) + MarkLength];
    private int _start;
    private int _end;
    private bool _ended;
    private long _all;
    private InvalidDataException? _damage;
    private bool _inSmallPieces;

    /// <summary>Unpacks a stream, which is closed with this one.</summary>
    public GzipReadStream(Stream packed)
    {
        _packed = new Appended(packed, s_packedMark);
        _unpacked = new GZipStream(_packed, CompressionMode.Decompress, leaveOpen: true);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">
    /// The packed bytes are damaged, cut, or followed by others; the message says which.
    /// </exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_end - _start <= MarkLength && !_ended)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            int read = Unpack(_buffer.AsSpan(_end));
            _end += read;
            _ended = read == 0;
            if (_ended && _damage is null && !_buffer.AsSpan(_start, _end - _start).SequenceEqual(s_mark))
                _damage = new InvalidDataException(_packed.FirstIsUsedUp ? WasCut : "Other bytes follow the end of the gzip data.");
        }

        // What comes before the damage is whole; the mark is not among it.
        int held = _damage is null ? MarkLength : 0;
        if (_damage is not null && _start == _end)
            throw _damage;
        int given = Math.Min(buffer.Length, Math.Max(0, _end - _start - held));
        _buffer.AsSpan(_start, given).CopyTo(buffer);
        _start += given;
        return given;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>
    /// Unpacks, and says in words of a user what is wrong: .NET speaks of archives and methods of compression.
    /// </summary>
    private int Unpack(Span<byte> buffer)
    {
        try
        {
            int read = _unpacked.Read(_inSmallPieces ? buffer[..Math.Min(buffer.Length, SmallPiece)] : buffer);
            _all += read;
            return read;
        }
        catch (InvalidDataException wrong)
        {
            if (!_inSmallPieces && _packed.TryBeginAgain())
            {
                _inSmallPieces = true;
                SkipAll();
                return Unpack(buffer);
            }

            // What is wrong shows before the mark is asked for, unless the bytes in front of it do not suffice.
            _damage = new InvalidDataException(
                _packed.FirstIsUsedUp ? WasCut : "The gzip file is damaged: its check sum or some of its bytes are wrong.", wrong);
            return 0;
        }
    }

    /// <summary>Unpacks again what was unpacked before.</summary>
    private void SkipAll()
    {
        _unpacked.Dispose();
        _unpacked = new GZipStream(_packed, CompressionMode.Decompress, leaveOpen: true);
        byte[] piece = new byte[1 << 16];
        for (long left = _all; left > 0;)
        {
            int read = _unpacked.Read(piece, 0, (int)Math.Min(left, piece.Length));
            if (read == 0)
                throw new IOException("The gzip file changed while it was read.");
            left -= read;
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
            _packed.Dispose();
        }

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
        private readonly long _begin = first.CanSeek ? first.Position : 0;
        private int _given;

        /// <summary>Whether bytes behind the first stream were asked for.</summary>
        public bool FirstIsUsedUp { get; private set; }

        /// <summary>Begins with the first byte again, where the first stream can.</summary>
        public bool TryBeginAgain()
        {
            if (!first.CanSeek)
                return false;
            (first.Position, _given, FirstIsUsedUp) = (_begin, 0, false);
            return true;
        }

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
            FirstIsUsedUp = true;
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
