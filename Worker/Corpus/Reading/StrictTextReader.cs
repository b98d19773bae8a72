using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// Reads text and refuses what is none: archives and other formats, UTF-16 that is not known as such, and, as the job wants, bytes that are not of the file's
/// encoding and NUL characters, naming file, line and byte. (A <see cref="StreamReader"/> turns lenient once it sees a byte order mark, and its exception does
/// not know the line.)
/// </summary>
internal sealed class StrictTextReader : TextReader
{
    /// <summary>
    /// Stands for bytes that are not of the encoding where records that have such are left out. A character that Unicode keeps out of text: a file that has it is
    /// taken for damaged there too.
    /// </summary>
    public const char BadByte = '\uFFFF';

    /// <summary>Stands for bad bytes that are replaced.</summary>
    public const char Replacement = '\uFFFD';

    private static readonly Encoding[] Marked =
    [
        new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private readonly SourceFile _file;
    private readonly Stream _stream;
    private readonly Encoding _encoding;
    private readonly int _markLength;
    private readonly Decoder _decoder;
    private readonly byte[] _bytes = new byte[1 << 16];
    private readonly char[] _chars;
    private int _byteStart;
    private int _byteEnd;
    private int _charStart;
    private int _charEnd;
    private bool _ended;

    public StrictTextReader(SourceFile file)
    {
        _file = file;
        _stream = file.OpenBytes(out bool packed);
        try
        {
            _byteEnd = ReadBytes(ContentKind.SampleBytes);
            ReadOnlySpan<byte> start = _bytes.AsSpan(0, Math.Min(_byteEnd, ContentKind.SampleBytes));
            _encoding = EncodingAfterMark(start, file.Encoding, out _markLength);
            RefuseOther(start, packed);
        }
        catch (InvalidInputException)
        {
            _stream.Dispose();
            throw;
        }

        _byteStart = _markLength;
        Encoding lenient = _encoding;
        if (file.BadBytes != BadBytes.Refuse)
        {
            lenient = (Encoding)_encoding.Clone();
            lenient.DecoderFallback = new BadByteFallback(Stand, CountReplaced);
        }

        _decoder = lenient.GetDecoder();
        _chars = new char[lenient.GetMaxCharCount(_bytes.Length)];
    }

    /// <summary>What stands for a bad byte.</summary>
    private char Stand => _file.BadBytes == BadBytes.Replace ? Replacement : BadByte;

    public override int Peek() => _charStart < _charEnd || Fill() ? _chars[_charStart] : -1;

    public override int Read() => _charStart < _charEnd || Fill() ? _chars[_charStart++] : -1;

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || (_charStart == _charEnd && !Fill()))
            return 0;
        int count = Math.Min(buffer.Length, _charEnd - _charStart);
        _chars.AsSpan(_charStart, count).CopyTo(buffer);
        _charStart += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _stream.Dispose();
        base.Dispose(disposing);
    }

    private void RefuseOther(ReadOnlySpan<byte> start, bool packed)
    {
        if (ContentKind.Of(start) is { } kind)
            throw new InvalidInputException(_file.Path, $"The file is {kind.Name}{(packed ? ", packed with gzip" : "")}.", kind.Fix);
        if (_markLength > 0)
            return;
        bool isWide = _encoding is UnicodeEncoding or UTF32Encoding;
        string? found = UnmarkedUnicode.Of(start) ?? (isWide && UnmarkedUnicode.IsUtf8(start) ? "utf-8" : null);
        if (found is null || Encoding.GetEncoding(found).CodePage == _encoding.CodePage)
            return;
        string sign = found == "utf-8" ? "has no NUL bytes" : "has NUL bytes in a regular pattern and no byte order mark";
        throw new InvalidInputException($"{_file.Path}:1", $"The file {sign}, so it is probably {found} and not {_file.EncodingName}.", _file.EncodingFix ?? $"Set data.encoding to {found}.");
    }

    private bool Fill()
    {
        while (!_ended)
        {
            if (_byteStart == _byteEnd)
            {
                _byteEnd = ReadBytes(atLeast: 1);
                _byteStart = 0;
                _ended = _byteEnd == 0;
            }
            try
            {
                _charEnd = _decoder.GetChars(_bytes.AsSpan(_byteStart, _byteEnd - _byteStart), _chars, flush: _ended);
            }
            catch (DecoderFallbackException e)
            {
                throw Locate(e);
            }
            (_charStart, _byteStart) = (0, _byteEnd);
            Span<char> made = _chars.AsSpan(0, _charEnd);
            if (made.Contains('\0'))
            {
                if (_file.BadBytes == BadBytes.Refuse)
                    throw Locate(null);
                CountReplaced(made.Count('\0'));
                made.Replace('\0', Stand);
            }
            if (_charEnd > 0)
                return true;
        }
        return false;
    }

    private void CountReplaced(int bytes) => _file.Tally.ReplacedBytes += _file.BadBytes == BadBytes.Replace ? bytes : 0;

    private int ReadBytes(int atLeast)
    {
        try
        {
            return _stream.ReadAtLeast(_bytes, atLeast, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            string until = LinesBefore() is > 0 and int lines ? $"whole until line {lines}" : "not whole in its first line";
            throw new InvalidInputException(new InputError(_file.Path, $"{e.Message.TrimEnd('.')}; the text is {until}.", "Fetch or pack the file again."), e);
        }
    }

    private static Encoding EncodingAfterMark(ReadOnlySpan<byte> start, Encoding named, out int length)
    {
        foreach (Encoding encoding in Marked)
        {
            length = encoding.Preamble.Length;
            if (start.StartsWith(encoding.Preamble))
                return encoding;
        }
        length = 0;
        return named;
    }

    /// <summary>Line ends before the byte from which on the file cannot be read; looks for them by reading it again.</summary>
    private int LinesBefore()
    {
        var lenient = (Encoding)(_encoding ?? _file.Encoding).Clone();
        lenient.DecoderFallback = DecoderFallback.ReplacementFallback;
        Decoder decoder = lenient.GetDecoder();
        byte[] bytes = new byte[1 << 12];
        char[] chars = new char[lenient.GetMaxCharCount(bytes.Length)];
        int feeds = 0, returns = 0, both = 0;
        char last = ' ';
        try
        {
            using Stream stream = _file.OpenBytes(out _);
            for (int read = stream.Read(bytes); read > 0; read = stream.Read(bytes))
            {
                foreach (char c in chars.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, read), chars, flush: false)))
                {
                    (feeds, returns, both) = (feeds + (c == '\n' ? 1 : 0), returns + (c == '\r' ? 1 : 0), both + (c == '\n' && last == '\r' ? 1 : 0));
                    last = c;
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The same end as before.
        }

        return feeds + returns - both;
    }

    // Reads the file a second time, byte by byte, so that the line is right whatever the encoding.
    private InvalidInputException Locate(DecoderFallbackException? first)
    {
        using var stream = new BufferedStream(_file.OpenBytes(out _), 1 << 16);
        for (int i = 0; i < _markLength; i++)
            stream.ReadByte();
        Decoder decoder = _encoding.GetDecoder();
        long offset = _markLength;
        int line = 1;
        bool afterReturn = false;
        Span<char> chars = stackalloc char[8];
        while (true)
        {
            int next = stream.ReadByte();
            try
            {
                ReadOnlySpan<byte> one = next < 0 ? [] : [(byte)next];
                int made = decoder.GetChars(one, chars, flush: next < 0);
                foreach (char c in chars[..made])
                {
                    if (c == '\0')
                        return Nul(line, offset);
                    if (c == '\r' || (c == '\n' && !afterReturn))
                        line++;
                    afterReturn = c == '\r';
                }
            }
            catch (DecoderFallbackException e)
            {
                string bytes = string.Join(' ', (e.BytesUnknown ?? first?.BytesUnknown ?? []).Select(b => $"0x{b:X2}"));
                string fix = _file.EncodingFix ?? (_encoding.CodePage == Encoding.UTF8.CodePage
                    ? "Set data.encoding to windows-1252 or latin1 if the file is in one of these; for an odd wrong byte set data.badBytes to replace or skip-record."
                    : "Set data.encoding to the encoding of the file; for an odd wrong byte set data.badBytes to replace or skip-record.");
                return new InvalidInputException(
                    new InputError($"{_file.Path}:{line}", $"{bytes} near byte {offset} of the file is not {(_markLength > 0 ? _encoding.WebName : _file.EncodingName)}.", fix), e);
            }
            if (next < 0)
                throw new IOException($"{_file.Path} changed while it was read", first);
            offset++;
        }
    }

    private InvalidInputException Nul(int line, long offset) => new(
        $"{_file.Path}:{line}", $"The line holds a NUL character (near byte {offset} of the file), which is no text.",
        _file.EncodingFix ?? "Set data.encoding if the file is UTF-16 or UTF-32; for an odd NUL set data.badBytes to replace or skip-record.");
}
