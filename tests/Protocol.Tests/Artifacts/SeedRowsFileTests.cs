using CsCheck;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Messages;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Artifacts;

public sealed class SeedRowsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder.In("rows");

    [Fact]
    public void The_bytes_are_these()
    {
        SeedRowsFile.Write(File, [new AssignRows(1, [], []), new AssignRows(2, [3, 258], [1f, -2f])]);
        Assert.Equal(
            "44454D4253454544" + "01000000" + "01000000" + "020000000100000002000000" + "0300000002010000" + "0000803F" + "000000C0",
            Convert.ToHexString(System.IO.File.ReadAllBytes(File)));
        Assert.Equal(ArtifactName.OfFile(File), ArtifactName.Of(System.IO.File.ReadAllBytes(File)));
    }

    [Fact]
    public void What_was_written_is_read_in_blocks()
    {
        Gen.Select(Gen.Int[1, 900], Gen.Int[0, 3000], Gen.Int[0, 5]).Sample((dimension, rows, table) =>
        {
            int[] ids = [.. Enumerable.Range(0, rows).Select(i => (3 * i) + 1)];
            float[] values = [.. Enumerable.Range(0, rows * dimension).Select(i => (float)i)];
            SeedRowsFile.Write(File, [new AssignRows(table, ids, values), new AssignRows(7, [5], [0.5f])]);
            var read = new List<AssignRows>();
            SeedRowsFile.Read(File, read.Add);
            Assert.All(read, block => Assert.InRange(block.Values.Length * sizeof(float), 0, MessageBounds.RowBytes));
            Assert.Equal(ids, read.Where(b => b.Table != 7).SelectMany(b => b.Rows));
            Assert.Equal(values, read.Where(b => b.Table != 7).SelectMany(b => b.Values));
            Assert.Equal(0.5f, Assert.Single(read, b => b.Table == 7).Values[0]);
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void Garbage_is_refused_with_one_exception()
    {
        SeedRowsFile.Write(File, [new AssignRows(0, [1, 2, 9], [1, 2, 3, 4, 5, 6])]);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole.AsSpan(0, length));
            Assert.Throws<ArtifactDamagedException>(() => SeedRowsFile.Read(File, _ => { }));
        }
    }

    [Fact]
    public void Mutated_files_are_refused_and_cost_little()
    {
        byte[] Bytes(params AssignRows[] parts)
        {
            SeedRowsFile.Write(File, parts);
            return System.IO.File.ReadAllBytes(File);
        }

        byte[][] good = [Bytes(new AssignRows(0, [1, 2, 9], [1, 2, 3, 4, 5, 6])), Bytes(), Bytes(new AssignRows(1, [0], [1]), new AssignRows(2, [3, 258], [1f, -2f]))];
        FuzzCount count = Fuzz.Run<ArtifactDamagedException>(good, bytes => SeedRowsFile.Read(new MemoryStream(bytes), "rows", _ => { }));
        count.ExpectShares(taken: 0.01);
    }

    public void Dispose() => _folder.Dispose();
}
