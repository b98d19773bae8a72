using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Reads entries of word2vec's binary layout. Newlines before a word are skipped: the C tool ends each vector with one, the Google News file does not. Reading goes on
/// to the end of the file, whatever the header declares.
/// </summary>
internal sealed class BinaryVectorReader(ByteScanner bytes, VectorFileInfo info, string path)
{
    /// <summary>Bytes of the longest word that is taken for one.</summary>
    public const int LongestWord = 1 << 16;

    private readonly float[] _vector = new float[info.Dimension];
    private char[] _word = new char[256];

    public void Read(IVectorSink sink, VectorTally tally)
    {
        while (true)
        {
            while (bytes.Peek(1) is [(byte)'\n', ..])
                bytes.Skip(1);
            if (bytes.Peek(1).IsEmpty)
                return;
            long number = tally.Entries + 1;
            bytes.TryReadTo((byte)' ', LongestWord, out ReadOnlySpan<byte> name, out bool found);
            if (!found && name.Length >= LongestWord)
            {
                throw new InvalidInputException(
                    path, $"Word {number} is longer than {LongestWord} bytes, after {tally.Entries} whole words.",
                    $"Fetch the file again: it is damaged, or its header is wrong about {info.Dimension} numbers a word.");
            }
            // The name lies in the scanner's buffer, which the next read may move.
            if (name.Length > _word.Length)
                _word = new char[name.Length * 2];
            bool repaired = !Utf8.IsValid(name);
            int length = Encoding.UTF8.GetChars(name, _word);
            ReadOnlySpan<char> word = _word.AsSpan(0, length);
            if (!found || !bytes.TryReadBlock(checked(_vector.Length * sizeof(float)), out ReadOnlySpan<byte> raw))
            {
                throw new InvalidInputException(
                    path, $"The file ends inside word {number} ('{word}'), after {tally.Entries} whole words of the {info.DeclaredWords} declared.",
                    "Fetch the file again: it was cut.");
            }
            tally.Entries++;
            if (word.IsEmpty)
                tally.Reject(number, "the word is empty");
            else
                Take(word, repaired, raw, number, sink, tally);
        }
    }

    private void Take(ReadOnlySpan<char> word, bool repaired, ReadOnlySpan<byte> raw, long number, IVectorSink sink, VectorTally tally)
    {
        if (repaired)
            tally.RepairedWords++;
        if (!sink.Wants(word))
            return;
        if (BitConverter.IsLittleEndian)
            raw.CopyTo(MemoryMarshal.AsBytes(_vector.AsSpan()));
        else
        {
            for (int i = 0; i < _vector.Length; i++)
                _vector[i] = BinaryPrimitives.ReadSingleLittleEndian(raw[(i * sizeof(float))..]);
        }
        int bad = TextVectorReader.FirstNotFinite(_vector);
        if (bad >= 0)
            tally.Reject(number, $"number {bad + 1} of '{PrintableText.Excerpt(word)}' is {(float.IsNaN(_vector[bad]) ? "nan" : "infinite")}");
        else
            sink.Accept(word, _vector);
    }
}
