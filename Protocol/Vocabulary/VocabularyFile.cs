using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Protocol.Vocabulary;

/// <summary>
/// The file of a vocabulary: UTF-8, a line <c>word TAB count</c> for each word in row order; padding and unknown are not in it. In a word, tab, newline, carriage return
/// and backslash stand as <c>\t \n \r \\</c>. Every line ends with <c>\n</c>, the last too, so that a cut file shows.
/// </summary>
public static class VocabularyFile
{
    private const int MostErrors = 20;
    private const int LargestBuffer = 1 << 18;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a vocabulary; the file appears whole or not at all.</summary>
    /// <exception cref="InvalidInputException">A word is empty or no valid Unicode, or the folder does not exist.</exception>
    public static void Write(string path, WordVocabulary vocabulary) =>
        AtomicFile.Write(path, stream => WriteLines(vocabulary, path, line => stream.Write(line)));

    /// <summary>Reads a vocabulary.</summary>
    /// <exception cref="InvalidInputException">The file is missing or a line is wrong; the first twenty wrong lines are told.</exception>
    public static WordVocabulary Read(string path) => Read(Open(path), path);

    /// <summary>Reads a vocabulary from a stream, and closes it.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="path">What errors call them.</param>
    /// <exception cref="InvalidInputException">A line is wrong; the first twenty wrong lines are told.</exception>
    public static WordVocabulary Read(Stream stream, string path)
    {
        List<string> words = [];
        List<long> counts = [];
        List<InputError> errors = [];
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        using ByteScanner bytes = new(stream, stream.CanSeek ? (int)Math.Clamp(stream.Length, 16, LargestBuffer) : LargestBuffer);
        for (int number = 1; errors.Count < MostErrors && bytes.TryReadLine(out ReadOnlySpan<byte> line, out bool terminated); number++)
        {
            string? problem = terminated ? TryParse(line, out string word, out long count) : Cut(out word, out count);
            if (problem is null && !lines.TryAdd(word, number))
                problem = $"The word '{PrintableText.Excerpt(word)}' stands in line {lines[word]} already.";
            if (problem is not null)
                errors.Add(new InputError($"{path}:{number}", problem, "A line is a word, a tab and its count."));
            words.Add(word);
            counts.Add(count);
        }
        return errors.Count == 0 ? new WordVocabulary(words, counts) : throw new InvalidInputException(errors);
    }

    /// <summary>SHA-256, in lower-case hexadecimal, of the bytes that <see cref="Write"/> writes.</summary>
    internal static string Fingerprint(WordVocabulary vocabulary)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        WriteLines(vocabulary, "vocabulary", hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void WriteLines(WordVocabulary vocabulary, string where, Action<ReadOnlySpan<byte>> write)
    {
        const int Block = 1 << 16;
        ArrayBufferWriter<byte> block = new(Block * 2);
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
        {
            string word = vocabulary.Word(row);
            if (word.Length == 0)
                throw new InvalidInputException(where, $"The word of row {row} is empty.", "Tokenize so that no empty word is made.");
            try
            {
                s_utf8.GetBytes(Escape(word), block);
            }
            catch (EncoderFallbackException half)
            {
                throw new InvalidInputException(
                    new InputError(where, $"The word of row {row} ('{word}') has half a surrogate pair.", "Give the corpus in valid Unicode."), half);
            }
            s_utf8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\t{vocabulary.Count(row)}\n"), block);
            if (block.WrittenCount < Block)
                continue;
            write(block.WrittenSpan);
            block.ResetWrittenCount();
        }
        write(block.WrittenSpan);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(new InputError(path, "There is no such file.", "Correct the path of the vocabulary."), missing);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new InvalidInputException(new InputError(path, "The file may not be read, or is a folder.", "Name a readable vocabulary file."), refused);
        }
    }

    private static string? Cut(out string word, out long count)
    {
        (word, count) = ("", 0);
        return "The file ends inside this line: it was cut, or its last line end was taken away.";
    }

    private static string? TryParse(ReadOnlySpan<byte> line, out string word, out long count)
    {
        (word, count) = ("", 0);
        line = line.TrimEnd((byte)'\r');
        int tab = line.IndexOf((byte)'\t');
        if (tab < 0)
            return "There is no tab.";
        ReadOnlySpan<byte> number = line[(tab + 1)..];
        if (!Utf8.IsValid(line))
            return "The line is no UTF-8.";
        if (!Utf8Parser.TryParse(number, out count, out int used) || used != number.Length || count < 0)
            return $"'{PrintableText.Excerpt(Encoding.UTF8.GetString(number))}' is no count.";
        if (tab == 0)
            return "The word is empty.";
        word = Encoding.UTF8.GetString(line[..tab]);
        return TabField.TryUnescape(word, out word) ? null : $"In '{PrintableText.Excerpt(word)}' a backslash stands before something else than t, n, r, u or a backslash.";
    }

    private static string Escape(string word)
    {
        if (word.AsSpan().IndexOfAny("\t\n\r\\") < 0)
            return word;
        return word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
    }
}
