using System.Buffers;
using System.Text.Unicode;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Reads lines of a word and its numbers. Fields are separated by the ASCII blank alone, and numbers are taken from the right: words of GloVe's 840B file hold blanks
/// (". . .", "at name@domain.com").
/// </summary>
internal sealed class TextVectorReader(ByteScanner bytes, VectorFileInfo info, string path)
{
    private readonly float[] _vector = new float[info.Dimension];
    private char[] _word = new char[256];

    public void Read(IVectorSink sink, VectorTally tally)
    {
        long number = info.DeclaredWords is null ? 0 : 1;
        bool terminated = true;
        while (bytes.TryReadLine(out ReadOnlySpan<byte> line, out bool ended))
        {
            number++;
            terminated = ended;
            line = line.TrimEnd(" \r"u8);
            if (line.IsEmpty)
                continue;
            if (line.Length >= ByteScanner.Longest)
                throw new InvalidInputException($"{path}:{number}", $"The line is longer than {ByteScanner.Longest} bytes.", VectorRecognizer.Fix);
            string? problem = Take(line, sink, maySkip: terminated, out bool incomplete);
            if (incomplete && !terminated)
            {
                throw new InvalidInputException(
                    $"{path}:{number}", $"The file ends inside this line ({problem}), after {tally.Entries} whole words.", "Fetch the file again: it was cut.");
            }
            tally.Entries++;
            if (problem is not null)
                tally.Reject(number, problem);
        }
        // Every writer ends the last line. Without that end and with words missing, the last number may have lost digits.
        if (!terminated && tally.Entries < info.DeclaredWords)
        {
            throw new InvalidInputException(
                $"{path}:{number}",
                $"The file ends without a line end after {tally.Entries} whole words of the {info.DeclaredWords} that its header declares.",
                "Fetch the file again: it was cut. If it is whole, correct its header or end its last line.");
        }
    }

    /// <summary>Gives one line to the sink, or tells what is wrong with it.</summary>
    private string? Take(ReadOnlySpan<byte> line, IVectorSink sink, bool maySkip, out bool incomplete)
    {
        incomplete = false;
        // As many blanks as numbers: the word has none, and stands before the first. If it is not wanted, the numbers need not be looked at.
        int wordEnd = line.Count((byte)' ') == info.Dimension ? line.IndexOf((byte)' ') : 0;
        bool numbersRead = wordEnd <= 0;
        if (numbersRead && TakeNumbersFromTheRight(line, out wordEnd) is { } problem)
        {
            incomplete = true;
            return problem;
        }
        ReadOnlySpan<byte> name = line[..wordEnd];
        if (name.IsEmpty)
            return "the word is empty";
        if (name.Length > _word.Length)
            _word = new char[name.Length * 2];
        if (Utf8.ToUtf16(name, _word, out _, out int length, replaceInvalidSequences: false) != OperationStatus.Done)
            return $"the word is no UTF-8: {Convert.ToHexStringLower(name[..Math.Min(name.Length, 32)])}";
        ReadOnlySpan<char> word = _word.AsSpan(0, length);
        bool wanted = sink.Wants(word);
        if (!wanted && maySkip)
            return null;
        if (!numbersRead && !TryReadNumbers(line, wordEnd + 1))
        {
            // The slow way finds the reason, or two blanks in a row that made up for one missing.
            problem = TakeNumbersFromTheRight(line, out wordEnd) ?? "blanks stand where a number is missing";
            incomplete = true;
            return problem;
        }
        int bad = FirstNotFinite(_vector);
        if (bad >= 0)
            return $"number {bad + 1} of '{PrintableText.Excerpt(word)}' is {(float.IsNaN(_vector[bad]) ? "nan" : "infinite")}";
        if (wanted)
            sink.Accept(word, _vector);
        return null;
    }

    /// <summary>Index of the first number that is nan or infinite, or -1.</summary>
    public static int FirstNotFinite(ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
                return i;
        }
        return -1;
    }

    private bool TryReadNumbers(ReadOnlySpan<byte> line, int at)
    {
        for (int i = 0; i < _vector.Length; i++, at++)
        {
            if (at > line.Length || !FloatText.TryParse(line, at, out _vector[i], out at))
                return false;
        }
        return true;
    }

    private string? TakeNumbersFromTheRight(ReadOnlySpan<byte> line, out int wordEnd)
    {
        wordEnd = line.Length;
        for (int i = _vector.Length - 1; i >= 0; i--)
        {
            int start = line[..wordEnd].LastIndexOf((byte)' ') + 1;
            // A line that begins with a blank has an empty word; without any blank left, the word itself would be taken for a number.
            if (start == 0)
                return $"{_vector.Length - 1 - i} numbers instead of {_vector.Length}";
            if (!FloatText.TryParse(line[start..wordEnd], out _vector[i]))
            {
                ReadOnlySpan<byte> field = line[start..wordEnd];
                return $"'{System.Text.Encoding.UTF8.GetString(field[..Math.Min(field.Length, 40)])}' is no number";
            }
            wordEnd = line[..start].TrimEnd((byte)' ').Length;
        }
        return null;
    }
}
