using System.Numerics;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Finds the sorted distinct rows among many and renumbers them 0, 1, 2 ...: a bit a row, and above it a bit for every 64 rows, so that reading the rows
/// back in order looks at what was set and little else. Any number of threads may call it: one at a time uses what is kept, others make their own.
/// </summary>
internal sealed class DistinctRows(int tableRows)
{
    private Marks? _spare;

    /// <summary>Rows of the table: what is renumbered lies below.</summary>
    public int TableRows => tableRows;

    /// <summary>The distinct rows of <paramref name="rows"/> in ascending order; puts in the place of every row its index in the result.</summary>
    public int[] Renumber(Span<int> rows)
    {
        Marks marks = Interlocked.Exchange(ref _spare, null) ?? new Marks(tableRows);
        int[] sorted = marks.Renumber(rows);
        Volatile.Write(ref _spare, marks); // not after an error, which leaves bits behind that the next call would take for its own
        return sorted;
    }

    private sealed class Marks(int tableRows)
    {
        private readonly ulong[] _rows = new ulong[(tableRows + 63) / 64];
        private readonly ulong[] _words = new ulong[(tableRows + 4095) / 4096];
        private readonly int[] _numbers = new int[tableRows];

        public int[] Renumber(Span<int> rows)
        {
            int distinct = 0;
            foreach (int row in rows)
            {
                ulong bit = 1UL << row;
                ref ulong word = ref _rows[row >> 6];
                if ((word & bit) != 0)
                    continue;
                word |= bit;
                _words[row >> 12] |= 1UL << (row >> 6);
                distinct++;
            }

            var sorted = new int[distinct];
            int number = 0;
            for (int i = 0; i < _words.Length; i++)
            {
                for (; _words[i] != 0; _words[i] &= _words[i] - 1)
                {
                    int word = i * 64 + BitOperations.TrailingZeroCount(_words[i]);
                    for (; _rows[word] != 0; _rows[word] &= _rows[word] - 1)
                    {
                        int row = word * 64 + BitOperations.TrailingZeroCount(_rows[word]);
                        sorted[number] = row;
                        _numbers[row] = number++;
                    }
                }
            }

            foreach (ref int row in rows)
                row = _numbers[row];
            return sorted;
        }
    }
}
