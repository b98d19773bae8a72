using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Build task: marks one needed symbol version of an ELF64 shared library as weak, so that the loader accepts a C++ runtime that lacks it.
/// Works on a private copy: a link into the package cache is replaced by a file first.
/// </summary>
public class WeakenSymbolVersion : Task
{
    private const int SectionHeaderSize = 64;
    private const uint GnuVersionNeeds = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>The library to change in place.</summary>
    [Required]
    public string Library { get; set; }

    /// <summary>The version to mark, such as GLIBCXX_3.4.32.</summary>
    [Required]
    public string SymbolVersion { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        byte[] image = File.ReadAllBytes(Library);
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2 || image[5] != 1)
        {
            Log.LogError("{0} is not a little-endian ELF64 library; it cannot be prepared for this C++ runtime.", Library);
            return false;
        }

        if (!Mark(image))
            return true; // another TorchSharp, or marked before

        // A new file under another name, then a rename: breaks a hard or symbolic link, and a build that dies here leaves the old file.
        string temporary = Library + ".weak";
        File.WriteAllBytes(temporary, image);
        File.Delete(Library);
        File.Move(temporary, Library);
        Log.LogMessage(MessageImportance.Normal, "{0}: {1} marked weak.", Library, SymbolVersion);
        return true;
    }

    private bool Mark(byte[] image)
    {
        long sections = BitConverter.ToInt64(image, 0x28);
        int count = BitConverter.ToUInt16(image, 0x3c);
        bool changed = false;
        for (int i = 0; i < count; i++)
        {
            int header = (int)sections + i * SectionHeaderSize;
            if (BitConverter.ToUInt32(image, header + 4) != GnuVersionNeeds)
                continue;
            int names = (int)sections + (int)BitConverter.ToUInt32(image, header + 0x28) * SectionHeaderSize;
            long nameTable = BitConverter.ToInt64(image, names + 0x18);
            int need = (int)BitConverter.ToInt64(image, header + 0x18);
            while (true)
            {
                int auxiliaries = BitConverter.ToUInt16(image, need + 2);
                int auxiliary = need + (int)BitConverter.ToUInt32(image, need + 8);
                for (int a = 0; a < auxiliaries; a++)
                {
                    ushort flags = BitConverter.ToUInt16(image, auxiliary + 4);
                    string name = NameAt(image, (int)nameTable + (int)BitConverter.ToUInt32(image, auxiliary + 8));
                    if (name == SymbolVersion && (flags & Weak) == 0)
                    {
                        BitConverter.GetBytes((ushort)(flags | Weak)).CopyTo(image, auxiliary + 4);
                        changed = true;
                    }

                    auxiliary += (int)BitConverter.ToUInt32(image, auxiliary + 12);
                }

                int next = (int)BitConverter.ToUInt32(image, need + 12);
                if (next == 0)
                    break;
                need += next;
            }
        }

        return changed;
    }

    private static string NameAt(byte[] image, int offset)
    {
        int end = Array.IndexOf(image, (byte)0, offset);
        return Encoding.ASCII.GetString(image, offset, end - offset);
    }
}
