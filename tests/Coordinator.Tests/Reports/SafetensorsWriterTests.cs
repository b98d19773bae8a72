using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class SafetensorsWriterTests : IDisposable
{
    // Made by an independent program from the description of the format.
    private const string GoldenHex =
        "98000000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074227d2c22636f6e76332e776569676874223a7b22647479" +
        "7065223a22463332222c227368617065223a5b322c315d2c22646174615f6f666673657473223a5b302c385d7d2c2262223a7b226474797065223a22" +
        "463332222c227368617065223a5b315d2c22646174615f6f666673657473223a5b382c31325d7d7d0000803f0000008000002040";

    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("model.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Golden_bytes()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.Create(
            FilePath, [new("conv3.weight", [2, 1]), new("b", [1])], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            writer.Write([1, -0f]);
            writer.Write([2.5f]);
            writer.Complete();
        }

        Assert.Equal(GoldenHex, Convert.ToHexStringLower(File.ReadAllBytes(FilePath)));
    }

    [Fact]
    public void Tensors_read_back_whatever_the_pieces_they_were_written_in()
    {
        float[] values = [.. Enumerable.Range(0, 70_000).Select(i => BitConverter.Int32BitsToSingle(i * 61_681))];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(FilePath, [new("größe \"1\"", [300, 200]), new("scalar", []), new("none", [0, 3]), new("rest", [9_999])]))
        {
            foreach (float[] piece in values.Chunk(777))
                writer.Write(piece);
            writer.Complete();
        }

        byte[] bytes = File.ReadAllBytes(FilePath);
        int data = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, data % 8);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, data - 8));
        int end = 0;
        foreach ((string name, long[] shape) in ((string, long[])[])[("größe \"1\"", [300, 200]), ("scalar", []), ("none", [0, 3]), ("rest", [9_999])])
        {
            JsonElement tensor = header.RootElement.GetProperty(name);
            Assert.Equal("F32", tensor.GetProperty("dtype").GetString());
            Assert.Equal(shape, tensor.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()));
            Assert.Equal(end, tensor.GetProperty("data_offsets")[0].GetInt32());
            end += 4 * (int)shape.Aggregate(1L, (a, b) => a * b);
            Assert.Equal(end, tensor.GetProperty("data_offsets")[1].GetInt32());
        }

        Assert.Equal(4, header.RootElement.EnumerateObject().Count());
        Assert.Equal(data + end, bytes.Length);
        Assert.True(bytes.AsSpan(data).SequenceEqual(MemoryMarshal.AsBytes<float>(values)));
    }

    [Fact]
    public void An_export_with_values_missing_or_too_many_is_no_file()
    {
        using (SafetensorsWriter writer = SafetensorsWriter.Create(FilePath, [new("a", [2])]))
        {
            writer.Write([1]);
            Assert.Throws<InvalidOperationException>(writer.Complete);
            Assert.Throws<InvalidOperationException>(() => writer.Write([1, 2]));
        }

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Create(FilePath, [new("a", [2]), new("a", [2])]));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
