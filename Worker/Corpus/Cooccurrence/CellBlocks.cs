using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// The cells of GloVe's matrix in blocks, counted when they are first asked for: the blocks of a slice of a group of words at once. So a process counts the slices that it is given
/// to train and no others, beside the training. Counted blocks are kept, up to a bound in memory, beyond it in a temporary file. A block is a function of the text, the settings and the
/// seed alone, whoever counts it, whenever. Thread-safe.
/// </summary>
public sealed class CellBlocks : IDisposable
{
    private readonly GloVeSpec _spec;
    private readonly CellGrid _grid;
    private readonly Lazy<CooccurrenceCounter> _counter;
    private readonly Lazy<CellFile> _file = new(() => new CellFile(Path.GetTempPath()));
    private readonly Lazy<IPart>[] _parts;
    private readonly long _bound;
    private readonly double _fullWeight;
    private long _kept;

    internal CellBlocks(GloVeSpec spec, ExampleSet data, int rows, CellGrid grid, long bound)
    {
        (_spec, _grid, _bound) = (spec, grid, bound);
        _fullWeight = Word2VecMath.Log(spec.XMax);
        _counter = new Lazy<CooccurrenceCounter>(() => new CooccurrenceCounter(data, rows, spec.Window, spec.Symmetric));
        _parts = [.. Enumerable.Range(0, grid.Side * grid.Slices).Select(part => new Lazy<IPart>(() => Keep(Count(part / grid.Slices, part % grid.Slices))))];
    }

    /// <summary>Bytes of cells that are kept in memory.</summary>
    public long BytesInMemory => Interlocked.Read(ref _kept);

    /// <summary>Whether a temporary file was needed.</summary>
    public bool UsesFile => _file.IsValueCreated;

    /// <summary>The cells of a slice of a step.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="slice">0 to the number of slices - 1.</param>
    /// <exception cref="IOException">The temporary file cannot be written or read.</exception>
    /// <exception cref="InvalidInputException">There are too many cells for an array.</exception>
    public CellBlock Of(int step, int slice)
    {
        (int words, int contexts) = _grid.BlockOf(step);
        return _parts[(words * _grid.Slices) + slice].Value.Block(contexts);
    }

    /// <summary>Gives the temporary file back. Who still asks for a block that lies there gets an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_file.IsValueCreated)
            _file.Value.Dispose();
    }

    private IPart Keep(CellBlock[] blocks)
    {
        long bytes = blocks.Sum(block => block.Bytes);
        if (Interlocked.Add(ref _kept, bytes) <= _bound)
            return new KeptPart(blocks);
        Interlocked.Add(ref _kept, -bytes);
        return new StoredPart(_file.Value, [.. blocks.Select(_file.Value.Write)]);
    }

    private CellBlock[] Count(int group, int slice)
    {
        int[] words = _grid.Words(group, slice);
        var cells = new CellList();
        var ends = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            _counter.Value.Count(words[i], cells.Add);
            ends[i] = cells.Count;
        }

        return Split(words, ends, cells);
    }

    /// <summary>Puts the cells of words, which are word after word, into a block for each group of contexts; their order within a word stays.</summary>
    private CellBlock[] Split(int[] words, int[] ends, CellList cells)
    {
        var sizes = new int[_grid.Side];
        for (int cell = 0; cell < cells.Count; cell++)
            sizes[_grid.ContextGroups[cells.Contexts[cell]]]++;
        var building = new Building[_grid.Side];
        for (int i = 0; i < building.Length; i++)
            building[i] = new Building(sizes[i]);
        for (int i = 0, cell = 0; i < words.Length; i++)
        {
            for (; cell < ends[i]; cell++)
            {
                int context = cells.Contexts[cell];
                double logarithm = Word2VecMath.Log(cells.Counts[cell] / (double)CooccurrenceCounter.One);
                double weight = logarithm >= _fullWeight ? 1 : Word2VecMath.Exp(_spec.Alpha * (logarithm - _fullWeight));
                building[_grid.ContextGroups[context]].Add(words[i], context, (float)logarithm, (float)weight);
            }
        }

        var rows = new DistinctRows(_grid.ContextGroups.Length);
        return [.. building.Select(block => block.Build(rows))];
    }

    private interface IPart
    {
        CellBlock Block(int contexts);
    }

    private sealed class KeptPart(CellBlock[] blocks) : IPart
    {
        public CellBlock Block(int contexts) => blocks[contexts];
    }

    private sealed class StoredPart(CellFile file, StoredBlock[] blocks) : IPart
    {
        public CellBlock Block(int contexts) => file.Read(blocks[contexts]);
    }

    /// <summary>Cells as they are counted. Two growing arrays: a list of pairs would take a third more.</summary>
    private sealed class CellList
    {
        public int[] Contexts { get; private set; } = new int[1 << 12];

        public ulong[] Counts { get; private set; } = new ulong[1 << 12];

        public int Count { get; private set; }

        public void Add(int context, ulong count)
        {
            if (Count == Contexts.Length)
                Grow();
            (Contexts[Count], Counts[Count]) = (context, count);
            Count++;
        }

        private void Grow()
        {
            if (Count == Array.MaxLength)
            {
                throw new InvalidInputException("training.batch", string.Create(CultureInfo.InvariantCulture, $"makes so few groups of words that one has more than {Count} cells in a slice."),
                    "Lower it, or raise training.slices.");
            }

            int size = (int)Math.Min(Array.MaxLength, 2L * Count);
            int[] contexts = Contexts;
            Array.Resize(ref contexts, size);
            Contexts = contexts;
            ulong[] counts = Counts;
            Array.Resize(ref counts, size);
            Counts = counts;
        }
    }

    private sealed class Building(int size)
    {
        private readonly List<int> _words = [];
        private readonly List<int> _starts = [];
        private readonly int[] _contexts = new int[size];
        private readonly float[] _logarithms = new float[size];
        private readonly float[] _weights = new float[size];
        private int _count;

        public void Add(int word, int context, float logarithm, float weight)
        {
            if (_words.Count == 0 || _words[^1] != word)
            {
                _words.Add(word);
                _starts.Add(_count);
            }

            (_contexts[_count], _logarithms[_count], _weights[_count]) = (context, logarithm, weight);
            _count++;
        }

        public CellBlock Build(DistinctRows rows)
        {
            int[] contextRows = rows.Renumber(_contexts);
            return new CellBlock([.. _words], [.. _starts, _count], contextRows, _contexts, _logarithms, _weights);
        }
    }
}
