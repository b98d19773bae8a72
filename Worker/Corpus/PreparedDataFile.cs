using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Prepared data as a file, so that a worker needs no corpus; little-endian throughout:
/// <code>
/// magic         8 bytes  "DEMBDATA"
/// version       int32    2
/// words, word units, labels, label units, symbols, symbol units      int32 each: texts, and UTF-16 code units of all of them
/// train, dev, test       examples int32 (-1: there is no such part), tokens int32, annotations int32 (-1: examples have none)
/// words                  counts int64 each, lengths int32 each, then UTF-16 code units
/// labels                 lengths int32 each, then UTF-16 code units
/// symbols                lengths int32 each, then UTF-16 code units
/// parts that there are   lengths of the examples int32 each, labels int32 each, tokens int32 each; where they have annotations, numbers of them int32 each, annotations int32 each
/// </code>
/// UTF-16, since a tokenizer may make words that have no UTF-8. The head decides the length of the file. There is no checksum: the file's name is its SHA-256,
/// which is checked before it is read. Notes for the user are not in it.
/// </summary>
public static class PreparedDataFile
{
    private const int Version = 2;
    private const int Sizes = 15;
    private const int FirstPart = 6;
    private const int SizesOfPart = 3;
    private const int HeadBytes = 12 + (Sizes * sizeof(int));

    private static ReadOnlySpan<byte> Magic => "DEMBDATA"u8;

    /// <summary>Writes data; the file appears whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Write(string path, PreparedData data)
    {
        string[] words = [.. Enumerable.Range(WordVocabulary.FirstWordRow, data.Vocabulary.Rows - WordVocabulary.FirstWordRow).Select(data.Vocabulary.Word)];
        string[] labels = [.. data.Labels], symbols = [.. data.Symbols];
        var head = new byte[HeadBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), Version);
        int[] sizes =
        [
            words.Length, words.Sum(w => w.Length), labels.Length, labels.Sum(l => l.Length), symbols.Length, symbols.Sum(s => s.Length),
            .. new[] { data.Train, data.Dev, data.Test }.SelectMany(part => new[] { part?.Count ?? -1, part?.TokenCount ?? 0, part is { IsAnnotated: true } ? part.AnnotationCount : -1 }),
        ];
        for (int i = 0; i < Sizes; i++)
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12 + (i * sizeof(int))), sizes[i]);

        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            LittleEndian.Write<long>(stream, [.. Enumerable.Range(WordVocabulary.FirstWordRow, words.Length).Select(data.Vocabulary.Count)]);
            WriteTexts(stream, words);
            WriteTexts(stream, labels);
            WriteTexts(stream, symbols);
            foreach (ExampleSet? part in new[] { data.Train, data.Dev, data.Test })
            {
                if (part is not null)
                    WritePart(stream, part);
            }
        });
    }

    /// <summary>Reads data; it has no notes.</summary>
    /// <exception cref="ArtifactDamagedException">It is no such file.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static PreparedData Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        return Read(stream, path);
    }

    /// <summary>Reads data from a stream that knows its length.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="path">What errors call them.</param>
    /// <exception cref="ArtifactDamagedException">They are no such file.</exception>
    public static PreparedData Read(Stream stream, string path)
    {
        try
        {
            int[] sizes = ReadHead(stream, path);
            var counts = new long[sizes[0]];
            LittleEndian.Read<long>(stream, counts);
            var vocabulary = new WordVocabulary(ReadTexts(stream, path, sizes[0], sizes[1]), counts);
            string[] labels = ReadTexts(stream, path, sizes[2], sizes[3]);
            string[] symbols = ReadTexts(stream, path, sizes[4], sizes[5]);
            var parts = new ExampleSet?[3];
            for (int i = 0; i < parts.Length; i++)
                parts[i] = ReadPart(stream, path, sizes.AsSpan(FirstPart + (SizesOfPart * i), SizesOfPart), vocabulary.Rows, labels.Length);
            return new PreparedData(vocabulary, labels, parts[0]!, parts[1], parts[2], []) { Symbols = symbols };
        }
        catch (EndOfStreamException cut)
        {
            throw new ArtifactDamagedException(path, "it was cut while it was read.", cut);
        }
        catch (ArgumentException twice)
        {
            throw new ArtifactDamagedException(path, $"its vocabulary makes no sense: {twice.Message}.", twice);
        }
    }

    private static int[] ReadHead(Stream stream, string path)
    {
        var head = new byte[HeadBytes];
        if (stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes || !head.AsSpan(0, 8).SequenceEqual(Magic))
            throw new ArtifactDamagedException(path, "not a file of prepared data: it does not start with DEMBDATA.");
        int version = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8));
        if (version != Version)
            throw new ArtifactDamagedException(path, $"format version {version}, but this program reads version {Version}.");

        int[] sizes = [.. Enumerable.Range(0, Sizes).Select(i => BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12 + (i * sizeof(int)))))];
        bool possible = sizes[FirstPart] >= 0; // there is always something to train on
        for (int i = 0; i < Sizes; i++)
            possible &= sizes[i] >= (i >= FirstPart && (i - FirstPart) % SizesOfPart != 1 ? -1 : 0);
        for (int i = FirstPart; i < Sizes; i += SizesOfPart)
            possible &= sizes[i] >= 0 || (sizes[i + 1] == 0 && sizes[i + 2] == -1);
        if (!possible)
            throw new ArtifactDamagedException(path, $"impossible sizes: {string.Join(", ", sizes)}.");
        long expected = HeadBytes + (12L * sizes[0]) + (2L * sizes[1]) + (4L * sizes[2]) + (2L * sizes[3]) + (4L * sizes[4]) + (2L * sizes[5]);
        for (int i = FirstPart; i < Sizes; i += SizesOfPart)
            expected += (8L * Math.Max(0, sizes[i])) + (4L * sizes[i + 1]) + (sizes[i + 2] < 0 ? 0 : 4L * (sizes[i] + (long)sizes[i + 2]));
        return stream.Length == expected ? sizes : throw new ArtifactDamagedException(path, $"{stream.Length} bytes, expected {expected}.");
    }

    private static void WriteTexts(Stream stream, string[] texts)
    {
        LittleEndian.Write<int>(stream, [.. texts.Select(t => t.Length)]);
        LittleEndian.Write<short>(stream, MemoryMarshal.Cast<char, short>(string.Concat(texts)));
    }

    private static string[] ReadTexts(Stream stream, string path, int count, int units)
    {
        int[] starts = ReadStarts(stream, path, count, units);
        var text = new char[units];
        LittleEndian.Read(stream, MemoryMarshal.Cast<char, short>(text.AsSpan()));
        var texts = new string[count];
        for (int i = 0; i < count; i++)
            texts[i] = new string(text, starts[i], starts[i + 1] - starts[i]);
        return texts;
    }

    private static void WritePart(Stream stream, ExampleSet part)
    {
        var numbers = new int[part.Count];
        for (int example = 0; example < part.Count; example++)
            numbers[example] = part.Tokens(example).Length;
        LittleEndian.Write<int>(stream, numbers);
        for (int example = 0; example < part.Count; example++)
            numbers[example] = part.Label(example);
        LittleEndian.Write<int>(stream, numbers);
        LittleEndian.Write(stream, part.AllTokens);
        if (!part.IsAnnotated)
            return;
        for (int example = 0; example < part.Count; example++)
            numbers[example] = part.Annotations(example).Length;
        LittleEndian.Write<int>(stream, numbers);
        LittleEndian.Write(stream, part.AllAnnotations);
    }

    private static ExampleSet? ReadPart(Stream stream, string path, ReadOnlySpan<int> sizes, int rows, int labelCount)
    {
        (int examples, int tokenCount, int annotationCount) = (sizes[0], sizes[1], sizes[2]);
        if (examples < 0)
            return null;
        int[] starts = ReadStarts(stream, path, examples, tokenCount);
        var labels = new int[examples];
        LittleEndian.Read<int>(stream, labels);
        var tokens = new int[tokenCount];
        LittleEndian.Read<int>(stream, tokens);
        foreach (int label in labels)
        {
            if (label < -1 || label >= labelCount)
                throw new ArtifactDamagedException(path, $"label {label} of {labelCount}.");
        }

        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)rows)
                throw new ArtifactDamagedException(path, $"token {token}, but the vocabulary has {rows} rows.");
        }

        if (annotationCount < 0)
            return new ExampleSet(starts, tokens, labels);
        int[] annotationStarts = ReadStarts(stream, path, examples, annotationCount);
        var annotations = new int[annotationCount];
        LittleEndian.Read<int>(stream, annotations);
        return new ExampleSet(starts, tokens, labels, annotationStarts, annotations);
    }

    /// <summary>Lengths that add up to <paramref name="total"/>, as starts with the end behind them.</summary>
    private static int[] ReadStarts(Stream stream, string path, int count, int total)
    {
        var starts = new int[count + 1];
        LittleEndian.Read(stream, starts.AsSpan(1));
        long sum = 0;
        for (int i = 1; i < starts.Length; i++)
        {
            if (starts[i] < 0 || (sum += starts[i]) > total)
                throw new ArtifactDamagedException(path, $"length {starts[i]} of {total} in all.");
            starts[i] = (int)sum;
        }

        return sum == total ? starts : throw new ArtifactDamagedException(path, $"lengths add up to {sum}, not to {total}.");
    }
}
