using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Reports;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
public sealed record SafetensorsTensor(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Number of floats.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
}

/// <summary>
/// Writes a safetensors file (https://github.com/huggingface/safetensors, section Format): header length uint64, JSON header padded with blanks so that the data
/// starts at a multiple of 8, then the tensors one behind the other, row-major little-endian F32. Values stream through; the file appears in
/// <see cref="Complete"/>, or never.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly BufferedStream _stream;
    private readonly long _floats;
    private long _written;

    private SafetensorsWriter(AtomicFile file, long floats)
    {
        _file = file;
        _stream = new BufferedStream(file.Stream, 1 << 16);
        _floats = floats;
    }

    /// <summary>Starts a file.</summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="tensors">The tensors, in the order in which their values follow.</param>
    /// <param name="metadata">Free text by name; null: none.</param>
    public static SafetensorsWriter Create(string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        byte[] header = Header(tensors, metadata);
        long floats = tensors.Sum(t => t.Count);
        var writer = new SafetensorsWriter(AtomicFile.Create(path, header.Length + (sizeof(float) * floats)), floats);
        try
        {
            writer._stream.Write(header);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Writes the next values: of the first tensor, then of the second, and so on, in pieces of any length.</summary>
    public void Write(ReadOnlySpan<float> values)
    {
        _written += values.Length;
        if (_written > _floats)
            throw new InvalidOperationException($"{_written} values for tensors of {_floats}");
        if (BitConverter.IsLittleEndian)
        {
            _stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<byte> four = stackalloc byte[sizeof(float)];
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(four, value);
            _stream.Write(four);
        }
    }

    /// <summary>Gives the file its name; every value is written.</summary>
    public void Complete()
    {
        if (_written != _floats)
            throw new InvalidOperationException($"{_written} values for tensors of {_floats}");
        _stream.Flush();
        _file.Commit();
    }

    /// <summary>Removes the temporary file unless <see cref="Complete"/> came first.</summary>
    // The buffer is not disposed: it would write what it holds into a file that goes away, or could not take it a moment ago.
    public void Dispose() => _file.Dispose();

    private static byte[] Header(IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        if (tensors.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() != tensors.Count || tensors.Any(t => t.Name == "__metadata__"))
            throw new ArgumentException("names of tensors are unique and not __metadata__", nameof(tensors));
        using var stream = new MemoryStream();
        stream.Write(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string name, string text) in metadata)
                    json.WriteString(name, text);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (SafetensorsTensor tensor in tensors)
            {
                long end = offset + (sizeof(float) * tensor.Count);
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        while (stream.Length % 8 != 0)
            stream.WriteByte((byte)' ');
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }
}
