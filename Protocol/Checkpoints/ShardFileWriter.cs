using System.Buffers.Binary;
using System.Security.Cryptography;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// Writes the rows of one shard, table by table in the order of the header, through a buffer of one block (about 1 MiB). The file gets its name in
/// <see cref="Complete"/>; until then, and for ever if <see cref="Dispose"/> comes first, it does not exist. Not for use by several threads at once.
/// </summary>
public sealed class ShardFileWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly ShardFileHeader _header;
    private readonly long _expectedBytes;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block;
    private int _table = -1;
    private int _rowsOfTable;
    private int _rowsOfBlock;
    private int _used;
    private long _written;
    private bool _finished;

    private ShardFileWriter(AtomicFile file, ShardFileHeader header, long expectedBytes)
    {
        (_file, _header, _expectedBytes) = (file, header, expectedBytes);
        _block = new byte[header.Tables.Select(ShardFileFormat.LargestBlock).DefaultIfEmpty(0).Max()];
    }

    /// <summary>Starts a shard file and reserves its space.</summary>
    /// <param name="path">Where it will be; the directory exists.</param>
    /// <param name="header">What follows. Every row that it announces must be written.</param>
    /// <exception cref="CheckpointWriteException">The disk is full or refuses.</exception>
    public static ShardFileWriter Create(string path, ShardFileHeader header)
    {
        if (ShardFileFormat.Problem(header) is { } problem)
            throw new ArgumentException(problem, nameof(header));
        byte[] head = ShardFileFormat.EncodeHead(header);
        long expectedBytes = ShardFileFormat.TotalBytes(header, head.Length);
        AtomicFile? file = null;
        CheckpointWriteException.Guard(path, () => file = AtomicFile.Create(path, expectedBytes));
        var writer = new ShardFileWriter(file!, header, expectedBytes);
        writer.Append(head);
        return writer;
    }

    /// <summary>Starts the rows of the next table of the header; all rows of the one before are written.</summary>
    /// <param name="name">Its name, a check that writer and header go together.</param>
    public void BeginTable(string name)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        EndTable();
        _table++;
        if (_table >= _header.Tables.Count || _header.Tables[_table].Name != name)
            throw new InvalidOperationException($"table {_table} is '{name}', which is not the header's");
        _rowsOfTable = 0;
    }

    /// <summary>Writes the next row of the table. Rows are kept in the order of the calls.</summary>
    /// <param name="row">Number of the row in its table.</param>
    /// <param name="lastStep">The step as of which the row is current.</param>
    /// <param name="values">Dimension floats, kept bit by bit.</param>
    /// <param name="state">State size floats, kept bit by bit.</param>
    /// <exception cref="CheckpointWriteException">The disk is full or refuses; the temporary file is removed.</exception>
    public void WriteRow(int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (_table < 0)
            throw new InvalidOperationException("no table was begun");
        ShardFileTable table = _header.Tables[_table];
        if (values.Length != table.Dimension || state.Length != table.StateSize)
            throw new ArgumentException($"table '{table.Name}': row {row} has {values.Length} + {state.Length} floats", nameof(values));
        if (_rowsOfTable == table.Rows)
            throw new InvalidOperationException($"table '{table.Name}': more rows than the header's {table.Rows}");

        Span<byte> target = _block.AsSpan(_used, ShardFileFormat.RowBytes(table));
        BinaryPrimitives.WriteInt32LittleEndian(target, row);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], lastStep);
        ShardFileFormat.WriteFloats(values, target[8..]);
        ShardFileFormat.WriteFloats(state, target[(8 + (values.Length * sizeof(float)))..]);
        _used += target.Length;
        _rowsOfTable++;
        if (++_rowsOfBlock == ShardFileFormat.RowsPerBlock(table))
            EndBlock();
    }

    /// <summary>Flushes the file to the disk and gives it its name.</summary>
    /// <exception cref="CheckpointWriteException">The disk is full or refuses; the temporary file is removed.</exception>
    public ShardFileInfo Complete()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        EndTable();
        if (_table != _header.Tables.Count - 1)
            throw new InvalidOperationException($"{_header.Tables.Count - 1 - _table} tables of the header were not written");
        if (_written != _expectedBytes)
            throw new InvalidOperationException($"{_written} bytes written, {_expectedBytes} announced");
        string sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        try
        {
            CheckpointWriteException.Guard(_file.Path, _file.Commit);
        }
        finally
        {
            Dispose();
        }

        return new ShardFileInfo(Path.GetFileName(_file.Path), _written, sha256);
    }

    /// <summary>Removes the temporary file unless <see cref="Complete"/> came first.</summary>
    public void Dispose()
    {
        _finished = true;
        _file.Dispose();
        _hash.Dispose();
    }

    private void EndTable()
    {
        if (_table < 0)
            return;
        if (_rowsOfTable != _header.Tables[_table].Rows)
            throw new InvalidOperationException($"table '{_header.Tables[_table].Name}': {_rowsOfTable} rows written, {_header.Tables[_table].Rows} announced");
        if (_rowsOfBlock > 0)
            EndBlock();
    }

    private void EndBlock()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(_used), Crc32C.Of(_block.AsSpan(0, _used)));
        Append(_block.AsSpan(0, _used + ShardFileFormat.ChecksumBytes));
        (_used, _rowsOfBlock) = (0, 0);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _written += bytes.Length;
        try
        {
            _file.Stream.Write(bytes);
        }
        catch (IOException e)
        {
            Dispose();
            throw new CheckpointWriteException(_file.Path, e);
        }
    }
}
