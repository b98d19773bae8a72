using System.Globalization;
using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Cli;

/// <summary>
/// Lines of a file, packed with gzip or not, or of standard input. Bytes that are not of the encoding are an error that names the line: they decode to the
/// noncharacter U+FFFF, which no text holds, because an exception of the decoder would not know the line.
/// </summary>
internal sealed class LineSource : IDisposable
{
    private const char Undecodable = '\uFFFF';

    // UTF-32 first: its mark begins as that of UTF-16 does.
    private static readonly string[] s_marked = ["utf-32", "utf-32BE", "utf-8", "utf-16", "utf-16BE"];

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
            FileStream stream = Read(file);
            if (!stream.CanSeek)
                return new LineSource(file, encodingName, stream);
            using (stream)
                encodingName = MarkedAs(stream, file) ?? encodingName;
            return new LineSource(file, encodingName, Unpacked(Read(file)));
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

    private static FileStream Read(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.Read);

    private static Stream Unpacked(FileStream stream)
    {
        bool packed = stream.ReadByte() == 0x1f && stream.ReadByte() == 0x8b;
        stream.Position = 0;
        return packed ? GzipContent.Unpack(stream) : stream;
    }

    /// <summary>The encoding whose byte order mark the text begins with; null: there is none.</summary>
    /// <exception cref="InvalidInputException">The file is no text.</exception>
    private static string? MarkedAs(FileStream stream, string file)
    {
        byte[] start = new byte[1 << 12];
        Span<byte> read;
        try
        {
            read = start.AsSpan(0, Unpacked(stream).ReadAtLeast(start, start.Length, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            return null; // damaged: reading the lines finds that again, and knows the line
        }

        if (ContentKind.Of(read) is { } kind)
            throw new InvalidInputException(file, $"The file is {kind.Name}.", kind.Fix);
        foreach (string name in s_marked)
        {
            if (read.StartsWith(Encoding.GetEncoding(name).Preamble))
                return name;
        }

        return null;
    }

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
