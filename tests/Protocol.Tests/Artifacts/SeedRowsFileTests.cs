using CsCheck;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Tests.Artifacts;

public sealed class SeedRowsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("distembed-").FullName;

    private string File => Path.Combine(_directory, "rows");

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
            Assert.All(read, block => Assert.True(block.Values.Length * sizeof(float) <= MessageBounds.RowBytes));
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

        int refused = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 4].Sample(changes =>
        {
            byte[] bytes = [.. whole];
            foreach ((int at, byte value) in changes)
                bytes[at] = value;
            System.IO.File.WriteAllBytes(File, bytes);
            try
            {
                SeedRowsFile.Read(File, _ => { });
            }
            catch (ArtifactDamagedException)
            {
                refused++;
            }
        }, iter: 3000, threads: 1);
        Assert.True(refused > 1000, $"{refused} refused");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
