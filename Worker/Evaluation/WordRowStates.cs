using System.Runtime.InteropServices;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation;

/// <summary>Which rows of a table of word vectors training changed. Immutable.</summary>
public sealed class WordRowStates
{
    private readonly WordRowState[] _states;

    private WordRowStates(WordRowState[] states) => _states = states;

    /// <summary>Number of rows, padding and unknown included.</summary>
    public int Rows => _states.Length;

    /// <summary>The state of a row.</summary>
    public WordRowState this[int row] => _states[row];

    /// <summary>Compares every word's row with its first value. A row that never comes has not moved.</summary>
    /// <param name="rows">Rows of the vocabulary.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="first">How rows started.</param>
    /// <param name="hasVector">Whether a row started with a pretrained vector.</param>
    /// <param name="now">The rows as they are.</param>
    public static WordRowStates Of(int rows, int dimension, WordRowReader first, Func<int, bool> hasVector, WordRowScan now)
    {
        var states = new WordRowState[rows];
        for (int row = 0; row < rows; row++)
            states[row] = row < WordVocabulary.FirstWordRow ? WordRowState.Unknown : hasVector(row) ? WordRowState.Pretrained : WordRowState.NoVector;
        var start = new float[dimension];
        now((row, values) =>
        {
            if (row < WordVocabulary.FirstWordRow)
                return;
            first(row, start);
            // Of bits, not of numbers: -0 is no 0 that nobody touched, and what is not a number may be the one that it was.
            if (!MemoryMarshal.AsBytes<float>(start).SequenceEqual(MemoryMarshal.AsBytes(values)))
                states[row] = WordRowState.Moved;
        });
        return new WordRowStates(states);
    }

    /// <summary>The rows that are in a state, ascending.</summary>
    public IReadOnlyList<int> In(WordRowState state) => [.. Enumerable.Range(0, Rows).Where(row => _states[row] == state)];
}
