namespace DistEmbed.Protocol.Vectors;

/// <summary>The words at the beginning of a vector file, which has the most frequent first wherever its writer counted them.</summary>
public static class FrequentWords
{
    /// <summary>Gives the first <paramref name="most"/> distinct words to <paramref name="visitor"/> in file order; of several entries of a word the first usable one. The numbers of others are not parsed.</summary>
    /// <param name="path">A file as <see cref="VectorFile"/> reads.</param>
    /// <param name="most">Words, at least 1.</param>
    /// <param name="visitor">Takes them.</param>
    /// <exception cref="InvalidInputException">The file is missing, no vector file, damaged, or ends inside an entry.</exception>
    public static VectorReadCounts Read(string path, int most, VectorVisitor visitor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return VectorFile.Read(path, _ => new DistinctSink(most, visitor));
    }

    private sealed class DistinctSink : IVectorSink
    {
        private readonly int _most;
        private readonly VectorVisitor _visitor;
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

        public DistinctSink(int most, VectorVisitor visitor)
        {
            (_most, _visitor) = (most, visitor);
            _lookup = _seen.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public bool Wants(ReadOnlySpan<char> word) => _seen.Count < _most && !_lookup.Contains(word);

        public void Accept(ReadOnlySpan<char> word, ReadOnlySpan<float> vector)
        {
            string kept = new(word);
            _seen.Add(kept);
            _visitor(kept, vector);
        }
    }
}
