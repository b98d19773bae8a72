using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Writes word vectors. Numbers in text are the shortest that read back to the same float32, with a point and no culture; lines end with <c>\n</c>. The file appears whole or
/// not at all.
/// </summary>
public static class VectorWriter
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a file, replacing one that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its layout.</param>
    /// <param name="dimension">Numbers a vector, at least 1.</param>
    /// <param name="count">Number of entries, which the header tells before the first of them is seen.</param>
    /// <param name="entries">The words and their vectors, gone through once.</param>
    /// <exception cref="InvalidInputException">
    /// The layout cannot hold a word (see <see cref="WhyNot"/>), a number is nan or infinite, or the folder does not
    /// exist.
    /// </exception>
    /// <exception cref="ArgumentException">There are not <paramref name="count"/> entries, or a vector has another length.</exception>
    public static void Write(string path, VectorFormat format, int dimension, long count, IEnumerable<(string Word, ReadOnlyMemory<float> Vector)> entries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(entries);
        if (format == VectorFormat.GloVe && count == 0)
            throw new InvalidInputException(path, "A GloVe file without words cannot tell its dimension.", "Write at least one word, or a layout with a header.");
        AtomicFile.Write(path, stream =>
        {
            if (format != VectorFormat.GloVe)
                stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count} {dimension}\n")));
            byte[] buffer = [];
            long written = 0;
            foreach ((string word, ReadOnlyMemory<float> vector) in entries)
            {
                if (vector.Length != dimension)
                    throw new ArgumentException($"'{word}' has {vector.Length} numbers instead of {dimension}", nameof(entries));
                Check(path, format, word, vector.Span);
                // The longest float is "-1.17549435E-38".
                int room = (word.Length * 3) + (dimension * 17) + 4;
                if (buffer.Length < room)
                    buffer = new byte[room * 2];
                int length = format == VectorFormat.Word2VecBinary
                    ? FormatBinary(buffer, word, vector.Span)
                    : FormatText(buffer, word, vector.Span, trailingBlank: format == VectorFormat.FastTextVec);
                if (format == VectorFormat.GloVe && written == 0)
                    length = AvoidHeader(buffer, length, word, dimension);
                stream.Write(buffer, 0, length);
                written++;
            }
            if (written != count)
                throw new ArgumentException($"{written} entries instead of {count}", nameof(entries));
        });
    }

    /// <summary>
    /// What it is that a layout cannot hold in such a way that readers find it again, such as "a word with a blank";
    /// null: it can hold this word. In text a
    /// word may hold no blank, no line end of any system, and no other control character; in binary no blank, no
    /// newline and no NUL.
    /// </summary>
    public static string? WhyNot(VectorFormat format, string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        bool binary = format == VectorFormat.Word2VecBinary;
        foreach (char c in word)
        {
            if (c == ' ')
                return "a word with a blank";
            if (c == '\n' || (!binary && c is '\r' or '\u0085' or '\u2028' or '\u2029'))
                return "a word with a line end";
            if (c == '\0' || (!binary && char.IsControl(c)))
                return "a word with a control character";
        }

        if (word.Length == 0)
            return "an empty word";
        if (format == VectorFormat.GloVe && word[0] == '\uFEFF')
            return "a word that begins with a byte order mark";
        if (!IsUnicode(word))
            return "a word with half a surrogate pair";
        bool isTooLong = binary && Encoding.UTF8.GetByteCount(word) >= BinaryVectorReader.LongestWord;
        return isTooLong ? "a word of so many characters" : null;
    }

    /// <summary>
    /// A word as the binary layout can hold it: as it is, or with escapes such as <c>\u0020</c> in place of what the
    /// layout cannot hold, and cut if it is too
    /// long for it. Different words may become the same.
    /// </summary>
    public static string Holdable(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        const int Kept = 1 << 12;
        if (WhyNot(VectorFormat.Word2VecBinary, word) is null)
            return word;
        var holdable = new StringBuilder();
        foreach (char c in word.AsSpan(0, Math.Min(word.Length, Kept)))
        {
            if (c is ' ' or '\n' or '\0' || char.IsSurrogate(c))
                holdable.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                holdable.Append(c);
        }

        return holdable.ToString();
    }

    private static void Check(string path, VectorFormat format, string word, ReadOnlySpan<float> vector)
    {
        if (WhyNot(format, word) is { } problem)
            throw new InvalidInputException(path, $"The {format} layout cannot hold {problem}: '{word}'.", "Leave it out or rename it.");
        int bad = TextVectorReader.FirstNotFinite(vector);
        if (bad >= 0)
        {
            throw new InvalidInputException(
                path, $"Number {bad + 1} of '{word}' is {vector[bad]}; no reader takes that.",
                "Write vectors of a training that did not diverge.");
        }
    }

    private static bool IsUnicode(string word)
    {
        foreach (Rune rune in word.EnumerateRunes())
        {
            // Half a pair is enumerated as U+FFFD, which may stand in the word itself too.
            if (rune == Rune.ReplacementChar)
                return s_utf8.GetString(Encoding.UTF8.GetBytes(word)) == word;
        }
        return true;
    }

    private static int FormatBinary(byte[] buffer, string word, ReadOnlySpan<float> vector)
    {
        int length = s_utf8.GetBytes(word, buffer);
        buffer[length++] = (byte)' ';
        foreach (float value in vector)
        {
            BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(length), value);
            length += sizeof(float);
        }
        buffer[length++] = (byte)'\n';
        return length;
    }

    private static int FormatText(byte[] buffer, string word, ReadOnlySpan<float> vector, bool trailingBlank)
    {
        int length = s_utf8.GetBytes(word, buffer);
        foreach (float value in vector)
        {
            buffer[length++] = (byte)' ';
            if (!value.TryFormat(buffer.AsSpan(length), out int digits, "R", CultureInfo.InvariantCulture))
                throw new InvalidOperationException("a float longer than its room");
            length += digits;
        }
        if (trailingBlank)
            buffer[length++] = (byte)' ';
        buffer[length++] = (byte)'\n';
        return length;
    }

    /// <summary>A first line of two whole numbers reads as a header, so "10 3" becomes "10 3.0".</summary>
    private static int AvoidHeader(byte[] buffer, int length, string word, int dimension)
    {
        if (dimension != 1 || !word.All(char.IsAsciiDigit) || buffer.AsSpan(word.Length + 1, length - word.Length - 2).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return length;
        ".0\n"u8.CopyTo(buffer.AsSpan(length - 1));
        return length + 2;
    }
}
