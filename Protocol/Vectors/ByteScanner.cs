namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Cuts a stream of bytes into lines and blocks through one buffer. A span that a method gives is valid until the next call. Lines end at <c>\n</c> and nowhere else:
/// words of real files hold U+0085, U+2028 and other characters that text readers take for line ends. Where packed
/// bytes are damaged the bytes before are given, and the damage is thrown when they are used up.
/// </summary>
internal sealed class ByteScanner(Stream stream, int capacity = 1 << 18) : IDisposable
{
    /// <summary>Longest line or block that is taken for data; longer means that the file is something else.</summary>
    public const int Longest = 1 << 26;

    private byte[] _buffer = new byte[capacity];
    private int _start;
    private int _end;
    private bool _streamEnded;

    /// <summary>The bytes ahead: at least <paramref name="atLeast"/>, or all that are left.</summary>
    public ReadOnlySpan<byte> Peek(int atLeast)
    {
        while (_end - _start < atLeast && Fill())
        {
        }
        if (_start == _end)
            ThrowIfDamaged();
        return _buffer.AsSpan(_start, _end - _start);
    }

    /// <summary>What is wrong with the packed bytes behind those given so far; null: nothing that is known.</summary>
    public InvalidDataException? Damage { get; private set; }

    /// <summary>Whether nothing follows the bytes that <see cref="Peek"/> gave.</summary>
    public bool BufferHoldsTheRest => _streamEnded || (_end - _start < _buffer.Length && !Fill());

    public void Skip(int count) => _start += count;

    /// <summary>
    /// Gives the next line without its <c>\n</c>; false at the end. <paramref name="terminated"/> tells whether a <c>\n</c> was there: it may be missing on the last line.
    /// </summary>
    public bool TryReadLine(out ReadOnlySpan<byte> line, out bool terminated) => TryReadTo((byte)'\n', Longest, out line, out terminated);

    /// <summary>Gives the bytes before the next <paramref name="delimiter"/> and skips it; without one, all that is left up to <paramref name="longest"/> bytes.</summary>
    public bool TryReadTo(byte delimiter, int longest, out ReadOnlySpan<byte> bytes, out bool found)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(delimiter);
            if (at >= 0)
            {
                bytes = _buffer.AsSpan(_start, searched + at);
                _start += searched + at + 1;
                found = true;
                return true;
            }
            searched = _end - _start;
            if (searched < longest && Fill())
                continue;
            if (_streamEnded)
                ThrowIfDamaged();
            bytes = _buffer.AsSpan(_start, searched);
            _start = _end;
            found = false;
            return searched > 0;
        }
    }

    /// <summary>Gives exactly <paramref name="count"/> bytes, or false if fewer are left.</summary>
    public bool TryReadBlock(int count, out ReadOnlySpan<byte> block)
    {
        if (Peek(count).Length < count)
        {
            ThrowIfDamaged();
            block = default;
            return false;
        }
        block = _buffer.AsSpan(_start, count);
        _start += count;
        return true;
    }

    public void Dispose() => stream.Dispose();

    private void ThrowIfDamaged()
    {
        if (Damage is { } damage)
            throw new InvalidDataException(damage.Message, damage);
    }

    private bool Fill()
    {
        if (_streamEnded)
            return false;
        if (_end == _buffer.Length)
        {
            if (_start > _buffer.Length / 2)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            else
            {
                byte[] larger = new byte[checked(_buffer.Length * 2)];
                _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
                (_buffer, _start, _end) = (larger, 0, _end - _start);
            }
        }
        int read = 0;
        try
        {
            read = stream.Read(_buffer, _end, _buffer.Length - _end);
        }
        catch (InvalidDataException damage)
        {
            Damage = damage;
        }

        _end += read;
        _streamEnded = read == 0;
        return read > 0;
    }
}
