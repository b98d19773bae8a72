using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>A prepared slice of sentences: its tokens as positions among the embedding rows that it touches.</summary>
internal sealed class ClassifierSlice : PreparedSlice
{
    private readonly int[] _starts;
    private readonly int[] _positions;

    private ClassifierSlice(Slice slice, IReadOnlyList<int[]> rows, int touched, int[] starts, int[] positions)
        : base(slice, rows) => (Touched, _starts, _positions) = (touched, starts, positions);

    /// <summary>Number of examples.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Number of embedding rows that the slice touches; as a position it stands for padding, whose vector is zero.</summary>
    public int Touched { get; }

    /// <summary>Number of tokens.</summary>
    public int TokenCount => _positions.Length;

    /// <summary>Tokens of the slice's <paramref name="example"/>th example: positions among the touched rows, or <see cref="Touched"/>.</summary>
    public ReadOnlySpan<int> Tokens(int example) => _positions.AsSpan(_starts[example], _starts[example + 1] - _starts[example]);

    /// <summary>Labels of the examples.</summary>
    /// <exception cref="InvalidOperationException">An example without a label, or with one that the model does not have.</exception>
    public long[] Labels(int labels)
    {
        ReadOnlySpan<int> examples = Slice.Examples.Span;
        var result = new long[examples.Length];
        for (int i = 0; i < examples.Length; i++)
        {
            int label = Slice.Data.Label(examples[i]);
            if ((uint)label >= (uint)labels)
                throw new InvalidOperationException($"example {examples[i]} has the label {label}, but the model has {labels} labels");
            result[i] = label;
        }

        return result;
    }

    /// <summary>
    /// Finds the rows of <paramref name="slice"/>: padding is none of them, since its row is zero for ever and need not travel.
    /// </summary>
    /// <param name="slice">The slice.</param>
    /// <param name="vocabularyRows">Rows of the embedding.</param>
    /// <param name="rowsOf">Gives the rows of every table, in the model's order, for the sorted unique rows of the embedding.</param>
    /// <param name="change">Changes the tokens before they are looked up; null: they stay.</param>
    public static ClassifierSlice Prepare(Slice slice, int vocabularyRows, Func<int[], IReadOnlyList<int[]>> rowsOf, Action<int[]>? change = null)
    {
        ReadOnlySpan<int> examples = slice.Examples.Span;
        var starts = new int[examples.Length + 1];
        for (int i = 0; i < examples.Length; i++)
            starts[i + 1] = starts[i] + slice.Data.Tokens(examples[i]).Length;
        var tokens = new int[starts[^1]];
        for (int i = 0; i < examples.Length; i++)
            slice.Data.Tokens(examples[i]).CopyTo(tokens.AsSpan(starts[i]));

        change?.Invoke(tokens);
        int[] sorted = [.. tokens];
        Array.Sort(sorted);
        if (sorted.Length > 0 && (sorted[0] < 0 || sorted[^1] >= vocabularyRows))
            throw new ArgumentException($"token ids lie between {sorted[0]} and {sorted[^1]}, but the embedding has {vocabularyRows} rows", nameof(slice));
        int touched = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i] != WordVocabulary.PaddingRow && (touched == 0 || sorted[i] != sorted[touched - 1]))
                sorted[touched++] = sorted[i];
        }

        int[] rows = sorted[..touched];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = tokens[i] == WordVocabulary.PaddingRow ? touched : Array.BinarySearch(rows, tokens[i]);
        return new ClassifierSlice(slice, rowsOf(rows), touched, starts, tokens);
    }
}
