using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Tells the layout of a vector file from its first bytes; the name plays no part. A first line of two whole numbers is a header only if what follows agrees with it:
/// in a GloVe file of one-number vectors it may be the word "10".
/// </summary>
internal static class VectorRecognizer
{
    private const int SampleBytes = 1 << 16;
    private const int SampleLines = 64;
    private const int MaxDimension = 1_000_000;

    /// <summary>What to do about a file that is none.</summary>
    public const string Fix = "Give word vectors in word2vec text, word2vec binary, GloVe or fastText .vec form, gzipped or not; in text, single blanks separate.";

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>Recognises the layout and leaves <paramref name="bytes"/> at the first entry.</summary>
    public static VectorFileInfo Recognize(ByteScanner bytes, string path, bool compressed)
    {
        ReadOnlySpan<byte> sample = bytes.Peek(SampleBytes);
        if (sample.IsEmpty)
            throw new InvalidInputException(path, "The file is empty.", Fix);
        // First: a tar archive begins with the name of a file, and what follows in it may look like vectors.
        if (ContentKind.Of(sample) is { } other)
            throw new InvalidInputException(path, $"The file is {other.Name}{(compressed ? ", packed with gzip" : "")}.", other.Fix);
        if (sample.StartsWith(Utf8Mark))
        {
            bytes.Skip(Utf8Mark.Length);
            sample = sample[Utf8Mark.Length..];
        }
        int firstEnd = sample.IndexOf((byte)'\n');
        if (firstEnd >= 0 && TryParseHeader(sample[..firstEnd], out long words, out int dimension)
            && Judge(bytes, firstEnd + 1, words, dimension, path) is { } format)
        {
            bytes.Skip(firstEnd + 1);
            return new VectorFileInfo(format, dimension, words, compressed);
        }
        int found = UsualDimension(bytes, 0, out _, out _);
        if (found == 0)
            throw NoVectors(bytes.Peek(SampleBytes), path);
        if (IsFloretHeader(bytes.Peek(SampleBytes), found))
        {
            throw new InvalidInputException(
                path, "This is a floret table: its rows are hash buckets, not words.", "Export vectors of whole words (.vec) from the floret model.");
        }
        return new VectorFileInfo(VectorFormat.GloVe, found, null, compressed);
    }

    /// <summary>Whether what follows a possible header agrees with it, as text or as binary; null if the line is the first entry of a file without header.</summary>
    private static VectorFormat? Judge(ByteScanner bytes, int body, long words, int dimension, string path)
    {
        bytes.Peek(body + SampleBytes + (20 * dimension));
        int usual = UsualDimension(bytes, body, out int lines, out bool mixed);
        ReadOnlySpan<byte> after = bytes.Peek(body)[body..];
        if (after.Trim(" \r\n"u8).IsEmpty && bytes.BufferHoldsTheRest)
        {
            return words == 0
                ? VectorFormat.Word2VecText
                : throw new InvalidInputException(path, $"The header declares {words} words, and none follows.", "Fetch or write the file again.");
        }
        // One line alone cannot tell a word with a number after a blank in it from a wrong header; the header decides.
        if (usual == dimension || (lines == 1 && usual > dimension))
        {
            // The byte of a newline in a float can cut off a piece that looks like a line of text; the rest then does not.
            return mixed && EndsAfterDeclaredWords(bytes, body, words, dimension) ? VectorFormat.Word2VecBinary : VectorFormat.Word2VecText;
        }
        if (HoldsControlCharacters(bytes.Peek(body)[body..]) || EndsAfterDeclaredWords(bytes, body, words, dimension))
            return VectorFormat.Word2VecBinary;
        bool lastLineMayBeCut = lines == 0;
        if (lastLineMayBeCut)
            return VectorFormat.Word2VecText;
        if (usual == 1)
            return null;
        if (usual == 0)
            throw NoVectors(bytes.Peek(SampleBytes), path);
        throw new InvalidInputException($"{path}:1", $"The header declares {dimension} numbers a word, but the lines hold {usual}.", "Correct the header.");
    }

    /// <summary>A header is two whole numbers: words and dimension.</summary>
    private static bool TryParseHeader(ReadOnlySpan<byte> line, out long words, out int dimension)
    {
        dimension = 0;
        line = line.TrimEnd(" \r"u8);
        return Utf8Parser.TryParse(line, out words, out int used) && words >= 0 && used < line.Length && line[used] == (byte)' '
            && Utf8Parser.TryParse(line[(used + 1)..], out dimension, out int rest) && used + 1 + rest == line.Length
            && dimension is > 0 and <= MaxDimension;
    }

    /// <summary>
    /// The number of numbers that most of the first lines from <paramref name="start"/> on end with (the earlier one of two equally common); 0 if they are no entries.
    /// Only lines that are ended count, and only their number is given, unless there is but one line. <paramref name="mixed"/> tells whether any line differs.
    /// </summary>
    private static int UsualDimension(ByteScanner bytes, int start, out int lines, out bool mixed)
    {
        Dictionary<int, int> votes = [];
        List<int> order = [];
        lines = 0;
        mixed = false;
        ReadOnlySpan<byte> left = bytes.Peek(start + SampleBytes)[start..];
        while (left.IndexOf((byte)'\n') < 0 && left.Length < ByteScanner.Longest && !bytes.BufferHoldsTheRest)
            left = bytes.Peek(start + (left.Length * 2))[start..];
        while (!left.IsEmpty && lines < SampleLines)
        {
            int end = left.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (end < 0 ? left : left[..end]).TrimEnd(" \r"u8);
            left = end < 0 ? [] : left[(end + 1)..];
            if (line.IsEmpty)
                continue;
            int dimension = NumbersAtEnd(line);
            mixed |= order.Count > 0 && dimension != order[0];
            if (end < 0 && order.Count > 0)
                break;
            if (end >= 0)
                lines++;
            if (votes.TryAdd(dimension, 1))
                order.Add(dimension);
            else
                votes[dimension]++;
        }
        return order.Count == 0 ? 0 : order.MaxBy(d => votes[d]);
    }

    /// <summary>How many fields at the end of a line are numbers, leaving at least the first for the word.</summary>
    private static int NumbersAtEnd(ReadOnlySpan<byte> line)
    {
        int numbers = 0;
        while (true)
        {
            int blank = line.LastIndexOf((byte)' ');
            if (blank < 0 || !FloatText.TryParse(line[(blank + 1)..], out _))
                return numbers;
            numbers++;
            line = line[..blank].TrimEnd((byte)' ');
            if (line.IsEmpty)
                return numbers;
        }
    }

    /// <summary>Text holds no control characters but white space; floats nearly always do.</summary>
    private static bool HoldsControlCharacters(ReadOnlySpan<byte> sample)
    {
        foreach (byte b in sample)
        {
            if (b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                return true;
        }
        return false;
    }

    /// <summary>Whether the file, small enough to lie before us, ends exactly after the last declared word if it is taken for binary.</summary>
    private static bool EndsAfterDeclaredWords(ByteScanner bytes, int body, long words, int dimension)
    {
        ReadOnlySpan<byte> after = bytes.Peek(body)[body..];
        if (!bytes.BufferHoldsTheRest)
            return false;
        for (long word = 0; word < words; word++)
        {
            after = after.TrimStart((byte)'\n');
            int blank = after.IndexOf((byte)' ');
            if (blank < 0 || after.Length - blank - 1 < dimension * sizeof(float))
                return false;
            after = after[(blank + 1 + (dimension * sizeof(float)))..];
        }
        return after.Trim((byte)'\n').IsEmpty;
    }

    private static bool IsFloretHeader(ReadOnlySpan<byte> sample, int dimension)
    {
        int end = sample.IndexOf((byte)'\n');
        if (end < 0)
            return false;
        string[] fields = Encoding.UTF8.GetString(sample[..end]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 8 && fields.Take(6).All(f => long.TryParse(f, out _)) && fields[1] == $"{dimension}";
    }

    private static InvalidInputException NoVectors(ReadOnlySpan<byte> sample, string path)
    {
        if (sample is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return new InvalidInputException(path, "The file is UTF-16 text.", "Convert it to UTF-8.");
        if (UnmarkedUnicode.Of(sample) is { } encoding)
            return new InvalidInputException(path, $"The file is {encoding} text without a byte order mark.", "Convert it to UTF-8.");
        int end = sample.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? sample : sample[..end];
        string shown = Utf8.IsValid(line) && line.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0
            ? $"its first line is '{PrintableText.Excerpt(Encoding.UTF8.GetString(line))}'" : $"it begins with the bytes {Convert.ToHexStringLower(line[..Math.Min(line.Length, 16)])}";
        return new InvalidInputException(path, $"The file holds no word vectors: {shown}.", Fix);
    }
}
