using System.Numerics;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Which selectors of a job (<see cref="RowSelectors.Of"/>) meet which row of a table of words. Rows that meet the same selectors are a class and follow the same rules in every
/// phase; class 0 meets none. Decided once, where the words are; nodes that know only rows get it as a file (<see cref="Artifacts.RowClassesFile"/>). Immutable.
/// </summary>
public sealed class RowClasses
{
    /// <summary>Most selectors of a job.</summary>
    public const int MostSelectors = 16;

    /// <summary>Most classes, the one that meets no selector included: as many as so many selectors can make.</summary>
    public const int MostClasses = 1 << MostSelectors;

    private readonly ushort[] _classes;
    private readonly ulong[] _selectors;

    /// <summary>Creates the classes.</summary>
    /// <param name="selectors">The selectors that each class meets, a bit each; class 0 meets none.</param>
    /// <param name="classes">The class of each row. Not copied.</param>
    /// <exception cref="ArgumentException">They do not fit each other.</exception>
    public RowClasses(IReadOnlyList<ulong> selectors, ushort[] classes)
    {
        if (selectors.Count is 0 or > MostClasses || selectors[0] != 0 || selectors.Distinct().Count() != selectors.Count)
            throw new ArgumentException("The first of the classes, which are all different, meets no selector.", nameof(selectors));
        if (classes.Any(c => c >= selectors.Count))
            throw new ArgumentException($"A row is in none of {selectors.Count} classes.", nameof(classes));
        (_selectors, _classes) = ([.. selectors], classes);
        RowsOf = new int[selectors.Count];
        foreach (ushort c in classes)
            RowsOf[c]++;
    }

    /// <summary>Number of classes.</summary>
    public int Count => _selectors.Length;

    /// <summary>Number of rows.</summary>
    public int Rows => _classes.Length;

    /// <summary>Number of rows of each class.</summary>
    public int[] RowsOf { get; }

    /// <summary>Number of rows of a class without the padding row, which is of class 0.</summary>
    public int WordsOf(int @class) => RowsOf[@class] - (@class == 0 && _classes.Length > 0 ? 1 : 0);

    /// <summary>The class of each row.</summary>
    public ReadOnlySpan<ushort> All => _classes;

    /// <summary>The class of a row.</summary>
    public int Of(int row) => _classes[row];

    /// <summary>Whether a class meets a selector.</summary>
    public bool Meets(int @class, int selector) => (_selectors[@class] >> selector & 1) != 0;

    /// <summary>The selectors that a class meets, a bit each.</summary>
    public ulong SelectorsOf(int @class) => _selectors[@class];

    /// <summary>Number of selectors that a class may meet: one more than the last that some class does.</summary>
    public int Selectors => _selectors.Max(s => sizeof(ulong) * 8 - BitOperations.LeadingZeroCount(s));
}
