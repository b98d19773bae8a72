using System.Text;
using CsCheck;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Checkpoints;

public sealed class ShardFileTests : IDisposable
{
    // Made by an independent program from the description of the format, so that both ends being wrong together shows.
    private const string GoldenHex =
        "44454d42524f575301000000b20000007b226a6f6246696e6765727072696e74223a2266303064222c2273746570223a372c227368617264223a312c" +
        "22736861726473223a322c227461626c6573223a5b7b226e616d65223a22656d62656464696e67222c2264696d656e73696f6e223a322c2273746174" +
        "6553697a65223a312c22726f7773223a327d2c7b226e616d65223a22656d707479222c2264696d656e73696f6e223a332c22737461746553697a6522" +
        "3a302c22726f7773223a307d5d7db8f8eb9803000000070000000000803f000000800000003fffffff7f00000000000080ff010000004523c17f8a1c" +
        "4a2c";

    private const string GoldenSha256 = "2c6c6d1ec74d9a34321a7e1b80d9f3136ec94eafcdd2d0a9f129cd219c66b4d9";

    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("shard-1-of-2.rows");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_small_file_has_the_golden_bytes()
    {
        ShardFileInfo info = WriteGolden();

        Assert.Equal(GoldenHex, Convert.ToHexStringLower(File.ReadAllBytes(FilePath)));
        Assert.Equal(new ShardFileInfo("shard-1-of-2.rows", GoldenHex.Length / 2, GoldenSha256), info);
        Assert.Equal([FilePath], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void The_golden_bytes_read_back()
    {
        File.WriteAllBytes(FilePath, Convert.FromHexString(GoldenHex));

        using ShardFileReader reader = ShardFileReader.Open(FilePath);

        Assert.Equal(("f00d", 7, 1, 2), (reader.Header.JobFingerprint, reader.Header.Step, reader.Header.Shard, reader.Header.Shards));
        Assert.Equal([new("embedding", 2, 1, 2), new("empty", 3, 0, 0)], reader.Header.Tables);
        Assert.Equal(["embedding 3 7 3f800000,80000000 3f000000", "embedding 2147483647 0 ff800000,00000001 7fc12345"], Rows(reader));
        Assert.Equal(2, Rows(reader).Count);
    }

    [Fact]
    public void Whatever_is_written_is_read_bit_by_bit()
    {
        Gen<float> anyBits = Gen.UInt.Select(BitConverter.UInt32BitsToSingle);
        Gen<(ShardFileTable Table, (int Row, int LastStep, float[] Numbers)[] Rows)> table =
            from name in Gen.String
            from dimension in Gen.Int[1, 5]
            from state in Gen.Int[0, 4]
            from rows in Gen.Select(Gen.Int, Gen.Int, anyBits.Array[dimension + state]).Array[0, 6]
            select (new ShardFileTable(name, dimension, state, rows.Length), rows);
        table.Array[0, 3].Sample(
            tables =>
            {
                using (ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [.. tables.Select(t => t.Table)])))
                {
                    foreach ((ShardFileTable one, (int Row, int LastStep, float[] Numbers)[] rows) in tables)
                    {
                        writer.BeginTable(one.Name);
                        foreach ((int row, int lastStep, float[] numbers) in rows)
                            writer.WriteRow(row, lastStep, numbers.AsSpan(0, one.Dimension), numbers.AsSpan(one.Dimension));
                    }

                    writer.Complete();
                }

                using ShardFileReader reader = ShardFileReader.Open(FilePath);
                Assert.Equal(
                    tables.SelectMany(t => t.Rows.Select(r => Line(t.Table.Name, r.Row, r.LastStep, r.Numbers.AsSpan(0, t.Table.Dimension), r.Numbers.AsSpan(t.Table.Dimension)))),
                    Rows(reader));
            },
            iter: 60, threads: 1);
    }

    [Fact]
    public void A_table_of_several_blocks_reads_back_and_a_flipped_bit_is_named()
    {
        const int Count = 2000, Dimension = 300;
        var table = new ShardFileTable("embedding", Dimension, Dimension, Count);
        var numbers = new float[2 * Dimension];
        using (ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [table])))
        {
            writer.BeginTable("embedding");
            for (int row = 0; row < Count; row++)
            {
                numbers.AsSpan().Fill(row);
                writer.WriteRow(row, -row, numbers.AsSpan(0, Dimension), numbers.AsSpan(Dimension));
            }

            writer.Complete();
        }

        int next = 0;
        using (ShardFileReader reader = ShardFileReader.Open(FilePath))
        {
            reader.ReadTables((_, row, lastStep, values, state) =>
            {
                Assert.Equal((next, -next), (row, lastStep));
                Assert.Equal((-1, -1), (values.IndexOfAnyExcept((float)row), state.IndexOfAnyExcept((float)row)));
                next++;
            });
        }

        Assert.Equal(Count, next);

        byte[] bytes = File.ReadAllBytes(FilePath);
        bytes[3_000_000] ^= 1 << 5;
        File.WriteAllBytes(FilePath, bytes);
        next = 0;
        using ShardFileReader damaged = ShardFileReader.Open(FilePath);
        CheckpointDamagedException e = Assert.Throws<CheckpointDamagedException>(() => damaged.ReadTables((_, _, _, _, _) => next++));
        Assert.Contains("table 'embedding': 1 bit differs: bit 5 of byte 3000000,", e.Message, StringComparison.Ordinal);
        Assert.Equal(2 * ((1 << 20) / (8 + (8 * Dimension))), next);
    }

    [Fact]
    public void Every_single_flipped_bit_is_seen()
    {
        byte[] bytes = Convert.FromHexString(GoldenHex);
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            CheckpointDamagedException e = ReadDamaged(bytes);
            Assert.Equal(FilePath, e.Path);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Every_length_but_the_right_one_is_seen()
    {
        byte[] bytes = Convert.FromHexString(GoldenHex);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Contains("truncated: expected", ReadDamaged(bytes.AsSpan(0, length)).What, StringComparison.Ordinal);
        Assert.Contains($"truncated: expected {bytes.Length} bytes, found {bytes.Length - 1}.", ReadDamaged(bytes.AsSpan(0, bytes.Length - 1)).What, StringComparison.Ordinal);
        Assert.Contains("1 bytes too many", ReadDamaged([.. bytes, 0]).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_and_other_versions_are_refused()
    {
        byte[] bytes = Convert.FromHexString(GoldenHex);
        bytes[8] = 2;
        Assert.Contains("format version 2", ReadDamaged(bytes).What, StringComparison.Ordinal);
        Assert.Contains("not a shard file", ReadDamaged("the of and to in a is that"u8).What, StringComparison.Ordinal);
        Assert.Contains("missing", Assert.Throws<CheckpointDamagedException>(() => ShardFileReader.Open(FilePath + "x")).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_writer_that_does_not_complete_leaves_nothing()
    {
        using (ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [new("t", 1, 0, 1)])))
        {
            writer.BeginTable("t");
            writer.WriteRow(0, 0, [1], []);
            Assert.Single(Directory.GetFiles(_folder.Path));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_full_disk_is_told_and_leaves_nothing()
    {
        if (!File.Exists("/dev/full"))
            return;
        // The temporary file leads to the device on which every write meets a full disk.
        File.CreateSymbolicLink(FilePath + ".tmp", "/dev/full");

        CheckpointWriteException e = Assert.Throws<CheckpointWriteException>(() => ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [new("t", 1, 0, 1)])));

        Assert.StartsWith($"{FilePath}: cannot be written: No space left on device", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_file_larger_than_the_disk_is_refused_before_its_first_row()
    {
        // Nine petabytes.
        var header = new ShardFileHeader("job", 1, 0, 1, [new("t", 1 << 20, 0, int.MaxValue)]);

        Assert.Throws<CheckpointWriteException>(() => ShardFileWriter.Create(FilePath, header));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Rows_that_do_not_fit_the_header_are_refused()
    {
        using ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [new("a", 2, 1, 1), new("b", 1, 0, 1)]));
        Assert.Throws<InvalidOperationException>(() => writer.WriteRow(0, 0, [1, 2], [3]));
        Assert.Throws<InvalidOperationException>(() => writer.BeginTable("b"));
    }

    [Fact]
    public void A_table_with_too_few_or_too_many_rows_is_refused()
    {
        using ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("job", 1, 0, 1, [new("a", 2, 1, 1), new("b", 1, 0, 1)]));
        writer.BeginTable("a");
        Assert.Throws<InvalidOperationException>(() => writer.BeginTable("b"));
        Assert.Throws<ArgumentException>(() => writer.WriteRow(0, 0, [1], [3]));
        writer.WriteRow(0, 0, [1, 2], [3]);
        Assert.Throws<InvalidOperationException>(() => writer.WriteRow(1, 0, [1, 2], [3]));
        Assert.Throws<InvalidOperationException>(() => writer.Complete());
    }

    private static string Line(string table, int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state) =>
        $"{table} {row} {lastStep} {Hex(values)} {Hex(state)}";

    private static string Hex(ReadOnlySpan<float> numbers)
    {
        var text = new StringBuilder();
        foreach (float number in numbers)
            text.Append(text.Length > 0 ? "," : "").Append(BitConverter.SingleToUInt32Bits(number).ToString("x8"));
        return text.ToString();
    }

    private static List<string> Rows(ShardFileReader reader)
    {
        var rows = new List<string>();
        reader.ReadTables((table, row, lastStep, values, state) => rows.Add(Line(table.Name, row, lastStep, values, state)));
        return rows;
    }

    private ShardFileInfo WriteGolden()
    {
        using ShardFileWriter writer = ShardFileWriter.Create(FilePath, new("f00d", 7, 1, 2, [new("embedding", 2, 1, 2), new("empty", 3, 0, 0)]));
        writer.BeginTable("embedding");
        writer.WriteRow(3, 7, [1, -0f], [0.5f]);
        writer.WriteRow(int.MaxValue, 0, [float.NegativeInfinity, float.Epsilon], [BitConverter.UInt32BitsToSingle(0x7fc12345)]);
        writer.BeginTable("empty");
        return writer.Complete();
    }

    private CheckpointDamagedException ReadDamaged(ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(FilePath, bytes);
        return Assert.Throws<CheckpointDamagedException>(() =>
        {
            using ShardFileReader reader = ShardFileReader.Open(FilePath);
            reader.ReadTables((_, _, _, _, _) => { });
        });
    }
}
