namespace DistEmbed.ParameterServer.Storage;

/// <summary>Receives one stored row. The spans are valid during the call alone.</summary>
/// <param name="row">The row.</param>
/// <param name="lastStep">The last step applied to it; 0: none.</param>
/// <param name="values">Its values as of that step; what it owes for steps since is not in them.</param>
/// <param name="state">The optimizer's state as of that step.</param>
public delegate void RowVisitor(int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state);

/// <summary>
/// The stored rows of a table at one moment. One thread may read it while another goes on changing the table: the table copies a slab of rows before it changes
/// one that a snapshot holds. Costs memory as long as it lives, so dispose of it.
/// </summary>
public sealed class RowTableSnapshot : IDisposable
{
    private readonly RowSlabs[] _stores;
    private readonly RowKinds _kinds;
    private bool _disposed;

    internal RowTableSnapshot(RowSlabs[] stores, RowKinds kinds, int rows, int dimension)
    {
        (_stores, _kinds) = (stores, kinds);
        Dimension = dimension;
        StateSize = kinds.LargestState;
        Rows = rows;
    }

    /// <summary>Numbers a row.</summary>
    public int Dimension { get; }

    /// <summary>Floats of state of the rows that have most; rows with less get zeros behind it.</summary>
    public int StateSize { get; }

    /// <summary>Number of stored rows.</summary>
    public int Rows { get; }

    /// <summary>Calls <paramref name="visitor"/> for every stored row, in ascending order of rows.</summary>
    public void ForEach(RowVisitor visitor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowSlabs.ForEach(_stores, _kinds, Dimension, visitor);
    }

    /// <summary>Gives the memory back. Not while another thread reads.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (RowSlabs store in _stores)
            store.Release();
    }
}
