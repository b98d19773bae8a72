namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Reads files of word vectors: word2vec text and binary, GloVe, fastText .vec, each plain or gzipped, recognised by content. Files are streamed; one entry at a time is
/// in memory.
/// </summary>
public static class VectorFile
{
    private const int FileBuffer = 1 << 18;

    /// <summary>Reads the beginning of a file.</summary>
    /// <exception cref="InvalidInputException">The file is missing, unreadable, or no vector file.</exception>
    public static VectorFileInfo Inspect(string path) => Run(path, (_, info, _) => info);

    /// <summary>
    /// Gives every usable entry to <paramref name="visitor"/> in file order, duplicates included. Unusable ones are counted, not fatal.
    /// </summary>
    /// <exception cref="InvalidInputException">The file is missing, no vector file, damaged, or ends inside an entry.</exception>
    public static VectorReadCounts Read(string path, VectorVisitor visitor) => Read(path, _ => new VisitorSink(visitor));

    /// <summary>Reads into a sink, made once the file's beginning is known.</summary>
    internal static VectorReadCounts Read(string path, Func<VectorFileInfo, IVectorSink> makeSink) => Run(path, (bytes, info, tally) =>
    {
        IVectorSink sink = makeSink(info);
        if (info.Format == VectorFormat.Word2VecBinary)
            new BinaryVectorReader(bytes, info, path).Read(sink, tally);
        else
            new TextVectorReader(bytes, info, path).Read(sink, tally);
        return tally.ToCounts(info);
    });

    private static T Run<T>(string path, Func<ByteScanner, VectorFileInfo, VectorTally, T> use)
    {
        VectorTally tally = new();
        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            bool compressed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            using ByteScanner bytes = new(compressed ? new GzipReadStream(file) : file, FileBuffer);
            return use(bytes, Recognize(bytes, path, compressed), tally);
        }
        catch (InvalidDataException broken)
        {
            throw new InvalidInputException(
                new InputError(path, $"{broken.Message.TrimEnd('.')}, after {tally.Entries} whole words.", "Fetch the file again."), broken);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(new InputError(path, "There is no such file.", "Correct the path of the vector file."), missing);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new InvalidInputException(new InputError(path, "The file may not be read, or is a folder.", "Name a readable vector file."), refused);
        }
    }

    private static VectorFileInfo Recognize(ByteScanner bytes, string path, bool compressed)
    {
        try
        {
            return VectorRecognizer.Recognize(bytes, path, compressed);
        }
        catch (InvalidInputException) when (bytes.Damage is { } damage)
        {
            // The beginning alone looks like something else.
            throw new InvalidDataException(damage.Message, damage);
        }
    }

    private sealed class VisitorSink(VectorVisitor visitor) : IVectorSink
    {
        public bool Wants(ReadOnlySpan<char> word) => true;

        public void Accept(ReadOnlySpan<char> word, ReadOnlySpan<float> vector) => visitor(new string(word), vector);
    }
}
