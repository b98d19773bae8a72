namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// Reads lines that end in LF, CR LF or CR, and counts them. A line longer than <c>longest</c> comes in pieces cut at blanks, so that a corpus written as one
/// line (text8) does not have to fit in memory.
/// </summary>
internal sealed class LineReader(TextReader reader, int longest = int.MaxValue)
{
    private char[] _buffer = new char[1 << 15];
    private int _start;
    private int _end;
    private bool _skipLineFeed;
    private bool _insideLine;

    /// <summary>Number of the line that was read last, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Reads the next whole line, without its end.</summary>
    public bool Read(out string line)
    {
        bool more = ReadPiece(out ReadOnlySpan<char> piece, out _);
        line = piece.ToString();
        return more;
    }

    /// <summary>Reads the next line or piece; it is valid until the next call.</summary>
    public bool ReadPiece(out ReadOnlySpan<char> piece, out bool endsLine)
    {
        int searched = _start;
        endsLine = true;
        while (true)
        {
            int found = _buffer.AsSpan(searched, _end - searched).IndexOfAny('\n', '\r');
            if (found >= 0)
            {
                int lineEnd = searched + found;
                bool secondHalf = _skipLineFeed && lineEnd == _start && _buffer[lineEnd] == '\n';
                _skipLineFeed = _buffer[lineEnd] == '\r';
                if (secondHalf)
                {
                    searched = _start = lineEnd + 1;
                    continue;
                }
                piece = Take(lineEnd, lineEnd + 1, insideLineAfter: false);
                return true;
            }
            if (_end > _start)
                _skipLineFeed = false;
            if (_end - _start >= longest)
            {
                int blank = _buffer.AsSpan(_start, _end - _start).LastIndexOfAny(' ', '\t');
                if (blank >= 0)
                {
                    endsLine = false;
                    piece = Take(_start + blank, _start + blank + 1, insideLineAfter: true);
                    return true;
                }
            }
            searched = _end;
            if (!Refill(ref searched))
            {
                bool more = _end > _start || _insideLine;
                piece = more ? Take(_end, _end, insideLineAfter: false) : default;
                return more;
            }
        }
    }

    private ReadOnlySpan<char> Take(int end, int next, bool insideLineAfter)
    {
        ReadOnlySpan<char> piece = _buffer.AsSpan(_start, end - _start);
        if (!_insideLine)
            Line++;
        _insideLine = insideLineAfter;
        _start = next;
        return piece;
    }

    private bool Refill(ref int searched)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (searched, _end, _start) = (searched - _start, _end - _start, 0);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int count = reader.Read(_buffer.AsSpan(_end));
        _end += count;
        return count > 0;
    }
}
