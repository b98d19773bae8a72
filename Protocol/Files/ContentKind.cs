namespace DistEmbed.Protocol.Files;

/// <summary>
/// What a file is that holds no text of its own, known by its first bytes and never by its name, so that it is refused as what it is.
/// </summary>
/// <param name="Name">What it is, with its article, such as <c>a zip archive</c>.</param>
/// <param name="Fix">What to do about it, a whole sentence.</param>
public sealed record ContentKind(string Name, string Fix)
{
    /// <summary>Bytes that <see cref="Of"/> wants to see; fewer only where the content is shorter.</summary>
    public const int SampleBytes = 1 << 12;

    private const string Unpack = "Unpack it first.";
    private const string Export = "Export its text to a text file, such as CSV or JSON lines, and name that.";
    private const string NoText = "Name a text file.";

    /// <summary>Signatures at the first byte. Those that a text could begin with by chance have more of their format in them.</summary>
    private static readonly (byte[] Signature, ContentKind Kind)[] s_known =
    [
        ([.. "PK"u8, 5, 6], new("a zip archive", "It is empty: name another file.")),
        ([.. "PK"u8, 7, 8], new("a part of a zip archive", Unpack)),
        ([0x1F, 0x8B], new("a gzip file", Unpack)),
        ([0xFD, .. "7zXZ"u8, 0], new("an xz file", Unpack)),
        ([0x28, 0xB5, 0x2F, 0xFD], new("a Zstandard file", Unpack)),
        ([0x04, 0x22, 0x4D, 0x18], new("an LZ4 file", Unpack)),
        ([.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], new("a 7z archive", Unpack)),
        ([.. "Rar!"u8, 0x1A, 7], new("a RAR archive", Unpack)),
        ([0x1F, 0x9D], new("a file of compress (.Z)", Unpack)),
        ([0x5D, 0, 0, 0x80, 0], new("an LZMA file", Unpack)),
        ([.. "PAR1"u8, 0x15], new("a Parquet file", Export)),
        ([.. "ARROW1"u8, 0, 0], new("an Arrow or Feather file", Export)),
        ([.. "FEA1"u8, 0], new("a Feather file", Export)),
        ([.. "ORC"u8, 0x08], new("an ORC file", Export)),
        ([.. "Obj"u8, 1], new("an Avro file", Export)),
        ([.. "SQLite format 3"u8, 0], new("an SQLite database", Export)),
        ([0x89, .. "HDF\r\n"u8, 0x1A, (byte)'\n'], new("an HDF5 file", Export)),
        ([.. "RDX2\n"u8], new("a file of R data", Export)),
        ([.. "RDX3\n"u8], new("a file of R data", Export)),
        ([.. "X\n"u8, 0, 0, 0], new("a file of R data", Export)),
        ([.. "MATLAB 5.0 MAT-file"u8], new("a MATLAB file", Export)),
        ([0x93, .. "NUMPY"u8], new("a NumPy array", Export)),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], new("an old Office document (.doc, .xls, .ppt)", Export)),
        ([.. "%PDF-"u8], new("a PDF document", Export)),
        ([.. @"{\rtf1"u8], new("an RTF document", Export)),
        ([0x89, .. "PNG\r\n"u8], new("an image (PNG)", NoText)),
        ([0xFF, 0xD8, 0xFF], new("an image (JPEG)", NoText)),
        ([0x7F, .. "ELF"u8], new("a program", NoText)),
        ([0, 5, 0x16, 7, 0, 2], new("a resource file of macOS (AppleDouble)", "Name the file beside it without ._ before its name.")),
        ([0xBA, 0x16, 0x4F, 0x2F], new("a fastText .bin model", "For vectors, name the .vec file beside it.")),
        ([.. "GGUF"u8, 3, 0, 0, 0], new("a GGUF model", NoText)),
        ([.. "DEMBDATA"u8], new("prepared data of DistEmbed", "Name the text that it was made of.")),
        ([.. "version https://git-lfs.github.com/spec/"u8], new("a pointer of Git LFS, not the file itself", "Fetch the file with: git lfs pull.")),
    ];

    /// <summary>Recognises content; null if it may be text.</summary>
    /// <param name="start">Its first bytes, unpacked where gzip is read as a matter of course: <see cref="SampleBytes"/> of them, or all.</param>
    public static ContentKind? Of(ReadOnlySpan<byte> start)
    {
        foreach ((byte[] signature, ContentKind kind) in s_known)
        {
            if (start.StartsWith(signature))
                return kind;
        }

        if (start.StartsWith((ReadOnlySpan<byte>)[.. "PK"u8, 3, 4]))
            return OfZip(start);
        // Behind the header of bzip2 stand digits of pi, or of its square root if the file is empty.
        if (start.Length >= 10 && start.StartsWith("BZh"u8) && start[3] is >= (byte)'1' and <= (byte)'9'
            && (start[4..].StartsWith((ReadOnlySpan<byte>)[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || start[4..].StartsWith((ReadOnlySpan<byte>)[0x17, 0x72, 0x45, 0x38, 0x50, 0x90])))
        {
            return new("a bzip2 file", Unpack);
        }

        // A pickle names its protocol: no text of any encoding begins so.
        if (start.Length >= 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5)
            return new("a Python pickle", Export);
        // Frames of Zstandard that decoders skip.
        if (start.Length >= 4 && start[0] is >= 0x50 and <= 0x5F && start[1..].StartsWith((ReadOnlySpan<byte>)[0x2A, 0x4D, 0x18]))
            return new("a Zstandard file", Unpack);
        // The length of the header, eight bytes, and its beginning.
        if (start.Length >= 10 && start[4..].StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0, (byte)'{', (byte)'"']))
            return new("a safetensors file", "Name a text file; for vectors, export them with their words.");
        return IsTar(start) ? new("a tar archive", Unpack) : null;
    }

    /// <summary>What a zip archive holds, by the name of its first entry.</summary>
    private static ContentKind OfZip(ReadOnlySpan<byte> start)
    {
        const int NameLength = 26, Name = 30;
        ContentKind plain = new("a zip archive", Unpack);
        if (start.Length < Name)
            return plain;
        int length = start[NameLength] | (start[NameLength + 1] << 8);
        ReadOnlySpan<byte> name = start[Name..Math.Min(start.Length, Name + length)];
        if (name.EndsWith(".npy"u8))
            return new("a NumPy archive (.npz)", Export);
        if (name.EndsWith("/data.pkl"u8))
            return new("a PyTorch file", Export);
        if (name.SequenceEqual("mimetype"u8))
            return new("an OpenDocument or EPUB document", Export);
        return name.SequenceEqual("[Content_Types].xml"u8) || name.StartsWith("_rels/"u8) || name.StartsWith("docProps/"u8)
            || name.StartsWith("word/"u8) || name.StartsWith("xl/"u8)
            ? new("an Office document (.docx, .xlsx, .pptx)", Export) : plain;
    }

    /// <summary>Whether bytes begin with the header of a tar archive: its check sum is right, whichever of the formats it has.</summary>
    private static bool IsTar(ReadOnlySpan<byte> start)
    {
        const int HeaderBytes = 512, Sum = 148, SumBytes = 8;
        if (start.Length < HeaderBytes || start[0] == 0)
            return false;
        int expected = 0, found = SumBytes * ' ', digits = 0;
        foreach (byte digit in start.Slice(Sum, SumBytes))
        {
            if (digit is >= (byte)'0' and <= (byte)'7')
                (expected, digits) = ((expected * 8) + digit - '0', digits + 1);
            else if (digit is not (0 or (byte)' '))
                return false;
        }

        for (int i = 0; i < HeaderBytes; i++)
            found += i is >= Sum and < Sum + SumBytes ? 0 : start[i];
        return digits > 0 && found == expected;
    }
}
