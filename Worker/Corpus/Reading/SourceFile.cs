using System.IO.Compression;
using System.Text;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A text file that a job or a command names.</summary>
/// <param name="Setting">The setting or flag that names it, such as <c>data.train</c>.</param>
/// <param name="Path">Its full path.</param>
/// <param name="Encoding">Its encoding, which throws on bytes that are not of it.</param>
/// <param name="EncodingName">The encoding as the user named it.</param>
internal sealed record SourceFile(string Setting, string Path, Encoding Encoding, string EncodingName)
{
    // Without it .NET takes a gzip file that was cut short for a shorter text. Read once by .NET, at the first gzip stream of the process.
    static SourceFile() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>What to do about bytes that are not of the encoding; null: another <c>data.encoding</c>.</summary>
    public string? EncodingFix { get; init; }

    /// <summary>Opens the unpacked bytes: gzip is known by its first two bytes, or promised by a name that ends in .gz.</summary>
    public Stream OpenBytes()
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
        bool packed = Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
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
        return packed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Opens the text. Bytes that the encoding does not know, and damaged gzip, are <see cref="InvalidInputException"/>s that name the place.</summary>
    public TextReader OpenText() => new StrictTextReader(this);
}
