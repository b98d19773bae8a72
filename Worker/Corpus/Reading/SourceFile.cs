using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A text file that a job or a command names.</summary>
/// <param name="Setting">The setting or flag that names it, such as <c>data.train</c>.</param>
/// <param name="Path">Its full path.</param>
/// <param name="Encoding">Its encoding, which throws on bytes that are not of it.</param>
/// <param name="EncodingName">The encoding as the user named it.</param>
internal sealed record SourceFile(string Setting, string Path, Encoding Encoding, string EncodingName)
{
    /// <summary>What to do about bytes that are not of the encoding; null: another <c>data.encoding</c>.</summary>
    public string? EncodingFix { get; init; }

    /// <summary>What becomes of such bytes, and of NUL characters.</summary>
    public BadBytes BadBytes { get; init; }

    /// <summary>Counts what reading changes and leaves out.</summary>
    public ReadTally Tally { get; init; } = new();

    /// <summary>Opens the unpacked bytes: gzip is known by its first two bytes, or promised by a name that ends in .gz.</summary>
    /// <param name="packed">Whether the file is packed.</param>
    public Stream OpenBytes(out bool packed)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(Setting, $"{Path} cannot be opened: {e.Message}", "Check the file and its permissions."), e);
        }

        packed = Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        if (file.CanSeek)
        {
            if (file.Length == 0)
            {
                file.Dispose();
                throw new InvalidInputException(Path, "The file is empty.", $"Check {Setting}.");
            }
            bool magic = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            if (packed && !magic)
            {
                file.Dispose();
                throw new InvalidInputException(Path, "The name ends in .gz, but the content is not gzip.", "Rename the file if it is plain text, or fetch it again.");
            }
            packed = magic;
        }
        return packed ? GzipContent.Unpack(file) : file;
    }

    /// <summary>
    /// Opens the text. What is no text, bytes that the encoding does not know, and damaged gzip are <see cref="InvalidInputException"/>s that name the place.
    /// </summary>
    public TextReader OpenText() => new StrictTextReader(this);

    /// <summary>Whether a record or a part of it has bytes for which the job leaves records out.</summary>
    public bool IsBad(ReadOnlySpan<char> text) => BadBytes == BadBytes.SkipRecord && text.Contains(StrictTextReader.BadByte);

    /// <summary>Text that may have NUL characters, by escapes that the file's bytes do not show, as the job wants them.</summary>
    /// <exception cref="InvalidInputException">It has one, and the job refuses it.</exception>
    public string WithoutNul(string text, string where)
    {
        if (!text.Contains('\0'))
            return text;
        if (BadBytes == BadBytes.Refuse)
            throw new InvalidInputException(where, "A value holds a NUL character, which is no text.", "Correct it, or set data.badBytes to replace or skip-record.");
        if (BadBytes == BadBytes.SkipRecord)
            return text.Replace('\0', StrictTextReader.BadByte);
        Tally.ReplacedBytes += text.Count(c => c == '\0');
        return text.Replace('\0', StrictTextReader.Replacement);
    }

    /// <summary>Whether a record is left out for its bytes, which is counted.</summary>
    public bool Skips(ReadOnlySpan<char> record)
    {
        bool bad = IsBad(record);
        Tally.BadRecords += bad ? 1 : 0;
        return bad;
    }
}
