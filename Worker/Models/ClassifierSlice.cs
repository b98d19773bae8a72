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
    /// <param name="distinct">Of as many rows as the embedding.</param>
    /// <param name="rowsOf">Gives the rows of every table, in the model's order, for the sorted unique rows of the embedding.</param>
    /// <param name="change">Changes the tokens before they are looked up; null: they stay.</param>
    public static ClassifierSlice Prepare(Slice slice, DistinctRows distinct, Func<int[], IReadOnlyList<int[]>> rowsOf, Action<int[]>? change = null)
    {
        ReadOnlySpan<int> examples = slice.Examples.Span;
        var starts = new int[examples.Length + 1];
        for (int i = 0; i < examples.Length; i++)
            starts[i + 1] = starts[i] + slice.Data.Tokens(examples[i]).Length;
        var tokens = new int[starts[^1]];
        for (int i = 0; i < examples.Length; i++)
            slice.Data.Tokens(examples[i]).CopyTo(tokens.AsSpan(starts[i]));

        change?.Invoke(tokens);
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)distinct.TableRows)
                throw new ArgumentException($"token id {token}, but the embedding has {distinct.TableRows} rows", nameof(slice));
        }

        int[] rows = distinct.Renumber(tokens);
        if (rows is [WordVocabulary.PaddingRow, ..])
        {
            // It is the first, so that every other word stands one further on.
            rows = rows[1..];
            for (int i = 0; i < tokens.Length; i++)
                tokens[i] = tokens[i] == 0 ? rows.Length : tokens[i] - 1;
        }

        return new ClassifierSlice(slice, rowsOf(rows), rows.Length, starts, tokens);
    }
}
