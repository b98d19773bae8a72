using System.Text;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// Reads text and refuses bytes that are not of the file's encoding, naming file, line and byte. (A <see cref="StreamReader"/> turns lenient once it sees a byte
/// order mark, and its exception does not know the line.)
/// </summary>
internal sealed class StrictTextReader : TextReader
{
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
        _stream = file.OpenBytes();
        _byteEnd = ReadBytes(atLeast: 4);
        _encoding = EncodingAfterMark(_bytes.AsSpan(0, _byteEnd), file.Encoding, out _markLength);
        _byteStart = _markLength;
        _decoder = _encoding.GetDecoder();
        _chars = new char[_encoding.GetMaxCharCount(_bytes.Length)];
    }

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
            if (_charEnd > 0)
                return true;
        }
        return false;
    }

    private int ReadBytes(int atLeast)
    {
        try
        {
            return _stream.ReadAtLeast(_bytes, atLeast, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new InvalidInputException(new InputError(_file.Path, $"The file cannot be read to its end: {e.Message}", "Fetch or pack the file again."), e);
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

    // Reads the file a second time, byte by byte, so that the line is right whatever the encoding.
    private InvalidInputException Locate(DecoderFallbackException first)
    {
        using var stream = new BufferedStream(_file.OpenBytes(), 1 << 16);
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
                    if (c == '\r' || (c == '\n' && !afterReturn))
                        line++;
                    afterReturn = c == '\r';
                }
            }
            catch (DecoderFallbackException e)
            {
                string bytes = string.Join(' ', (e.BytesUnknown ?? first.BytesUnknown ?? []).Select(b => $"0x{b:X2}"));
                string fix = _file.EncodingFix ?? (_encoding.CodePage == Encoding.UTF8.CodePage
                    ? "Set data.encoding to windows-1252 or latin1 if the file is in one of these."
                    : "Set data.encoding to the encoding of the file.");
                return new InvalidInputException(
                    new InputError($"{_file.Path}:{line}", $"{bytes} near byte {offset} of the file is not {(_markLength > 0 ? _encoding.WebName : _file.EncodingName)}.", fix), e);
            }
            if (next < 0)
                throw new IOException($"{_file.Path} changed while it was read", first);
            offset++;
        }
    }
}
