using System.Globalization;
using System.IO.Compression;
using System.Text;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Cli;

/// <summary>
/// Lines of a file, packed with gzip or not, or of standard input. Bytes that are not of the encoding are an error that names the line: they decode to the
/// noncharacter U+FFFF, which no text holds, because an exception of the decoder would not know the line.
/// </summary>
internal sealed class LineSource : IDisposable
{
    private const char Undecodable = '\uFFFF';

    private readonly string _name;
    private readonly string _encodingName;
    private readonly StreamReader _reader;
    private int _line;

    private LineSource(string name, string encodingName, Stream stream)
    {
        (_name, _encodingName) = (name, encodingName);
        _reader = new StreamReader(stream, EncodingOf(encodingName), detectEncodingFromByteOrderMarks: false, 1 << 16);
    }

    /// <summary>Opens a file; null or <c>-</c>: standard input.</summary>
    public static LineSource Open(string? file, string encodingName)
    {
        if (file is null or "-")
            return new LineSource("standard input", encodingName, Console.OpenStandardInput());
        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            try
            {
                bool packed = stream.CanSeek && stream.ReadByte() == 0x1f && stream.ReadByte() == 0x8b;
                if (stream.CanSeek)
                    stream.Position = 0;
                return new LineSource(file, encodingName, packed ? new GZipStream(stream, CompressionMode.Decompress) : stream);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(file, $"cannot be read: {refused.Message}", "Name a readable file, or - for standard input."), refused);
        }
    }

    /// <summary>The lines, read once. They end in LF, CR LF or CR.</summary>
    public IEnumerable<string> Lines()
    {
        while (Next() is { } line)
            yield return line;
    }

    public void Dispose() => _reader.Dispose();

    /// <summary>The encoding of a name, case and all as .NET knows it.</summary>
    private static Encoding EncodingOf(string name)
    {
        // The code pages (windows-1252 and the like) are part of .NET, but have to be asked for.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, new DecoderReplacementFallback(Undecodable.ToString()));
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException(
                new InputError("--encoding", $"'{name}' is no encoding that .NET knows.", "Use a name such as utf-8, latin1, windows-1252, utf-16 or shift_jis."), unknown);
        }
    }

    private string? Next()
    {
        string? line;
        try
        {
            line = _reader.ReadLine();
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                new InputError(_name, string.Create(CultureInfo.InvariantCulture, $"cannot be read after line {_line}: {broken.Message}"), "Check the file."), broken);
        }

        if (_line++ == 0)
            line = line?.TrimStart('\uFEFF');
        if (line?.Contains(Undecodable, StringComparison.Ordinal) == true)
        {
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"{_name}:{_line}"),
                $"holds bytes that are not {_encodingName}.", "Name the file's encoding with --encoding.");
        }

        return line;
    }
}
